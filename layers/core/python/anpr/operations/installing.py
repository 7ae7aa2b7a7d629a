"""`anpr init`: the keys and passwords of a self-hosted deployment, in a folder that only its user may read."""

import json
import os
import secrets
import string
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from cryptography.fernet import Fernet

from anpr.governance import signing
from anpr.identity import tokens
from anpr.ports import Secret

_LETTERS: Final = string.ascii_letters + string.digits
_S3_ACTIONS: Final = ["Admin", "Read", "Write", "List", "Tagging"]


def make_secrets(folder: Path, *, admin_email: str) -> list[str]:
    """Make what is missing; what is there stays as it is.

    Beside the backend's own keys there are those that its servers want: a password of the database, of Redis, and the
    key of the S3 server, as a file each, and as SeaweedFS wants to be told of it.

    Args:
        folder: made where it is not there, for its owner alone.
        admin_email: login of the first administrator; the password is drawn.

    Returns:
        The names of the files that were made.
    """
    made = make_keys(folder)
    for name, value in _own_logins(admin_email).items():
        made += [name] if _keep(folder / f"{name}.json", json.dumps(value)) else []
    for name in ("db_password", "redis_password", "s3_secret_key"):
        made += [name] if _keep(folder / name, _password()) else []
    s3 = {"accessKey": "anpr", "secretKey": (folder / "s3_secret_key").read_text()}
    identities = {"identities": [{"name": "anpr", "credentials": [s3], "actions": _S3_ACTIONS}]}
    made += ["s3.json"] if _keep(folder / "s3.json", json.dumps(identities)) else []
    redis = f"redis://:{(folder / 'redis_password').read_text()}@valkey:6379/0"
    made += ["redis_url"] if _keep(folder / "redis_url", redis) else []
    configuration = f"requirepass {(folder / 'redis_password').read_text()}\n"
    made += ["valkey.conf"] if _keep(folder / "valkey.conf", configuration) else []
    return made


def make_keys(folder: Path) -> list[str]:
    """Make the keys that the backend has wherever it runs, those that are missing.

    They are all that it needs beside a Supabase project, which brings the servers and logs people in.

    Returns:
        The names of the files that were made.
    """
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    folder.chmod(0o700)
    made = [name for name, value in _keys().items() if _keep(folder / f"{name}.json", json.dumps(value))]
    made += ["metrics_token"] if _keep(folder / "metrics_token", _password()) else []
    return made


def _own_logins(admin_email: str) -> Mapping[str, dict[str, Any]]:
    return {
        Secret.ADMIN: {"email": admin_email, "password": _password()},
        Secret.SIGNING_KEY: tokens.new_signing_secret(),
    }


def _keys() -> Mapping[str, dict[str, Any]]:
    return {
        Secret.WEBHOOK_KEY: {"keys": [Fernet.generate_key().decode()]},
        Secret.ANCHOR_KEY: {"private_key": signing.new_signing_key()[0]},
        Secret.NOTICE_KEY: {"key": secrets.token_urlsafe(32)},
    }


def _password() -> str:
    """24 letters and digits, which are 143 bits, and need no escaping anywhere."""
    return "".join(secrets.choice(_LETTERS) for _ in range(24))


def _keep(path: Path, text: str) -> bool:
    """Write a file for its owner alone, never over another; tells whether it did."""
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return False
    with os.fdopen(handle, "w") as file:
        file.write(text)
    return True
