"""Who a client is: a machine with an API key, or a person who logs in; and where a login is kept."""

import json
import os
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from threading import Lock
from typing import Final, Protocol

from pydantic import ValidationError

from anpr_client.errors import AnprError
from anpr_client.models import Model, Tokens

_STALE_LOCK_S: Final = 60
_LOCK_POLL_S: Final = 0.05


@dataclass(frozen=True, slots=True)
class ApiKey:
    """A machine's key: `anpr_<id>_<secret>`."""

    key: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Login:
    """A person's e-mail address and password."""

    email: str
    password: str = field(repr=False)


class TokenStore(Protocol):
    """Where a login is kept. A refresh token is good once, so whoever renews a login holds the lock meanwhile."""

    def load(self) -> Tokens | None:
        """The login, if there is one."""

    def save(self, tokens: Tokens | None) -> None:
        """Keep a login, or none."""

    def lock(self) -> AbstractContextManager[object]:
        """Keep others out: other threads, and other processes where they share the store."""


class MemoryTokens:
    """Keeps a login as long as the process lives."""

    def __init__(self, tokens: Tokens | None = None) -> None:
        self._tokens = tokens
        self._lock = Lock()

    def load(self) -> Tokens | None:
        """The login, if there is one."""
        return self._tokens

    def save(self, tokens: Tokens | None) -> None:
        """Keep a login, or none."""
        self._tokens = tokens

    def lock(self) -> AbstractContextManager[object]:
        """Keep other threads out."""
        return self._lock


class Profile(Model):
    """What the command line remembers of one backend.

    Attributes:
        url: the API's address.
        email: who logged in; None with an API key.
        api_key: the key; None with a login.
        tokens: the login.
    """

    url: str
    email: str | None = None
    api_key: str | None = None
    tokens: Tokens | None = None


class ProfileFile:
    """A file, readable by its owner alone, that holds one `Profile`; a `TokenStore` that processes can share."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def read(self) -> Profile | None:
        """What is remembered.

        Raises:
            AnprError: the file is damaged.
        """
        try:
            return Profile.model_validate_json(self.path.read_bytes())
        except FileNotFoundError:
            return None
        except ValidationError as error:
            raise AnprError(f"{self.path} is damaged; delete it and log in again.") from error

    def write(self, profile: Profile) -> None:
        """Remember; whole or not at all."""
        self.path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        beside = self.path.with_name(f"{self.path.name}.{os.getpid()}")
        with os.fdopen(os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
            json.dump(profile.model_dump(mode="json"), file)
        beside.replace(self.path)

    def forget(self) -> None:
        """Remember nothing."""
        self.path.unlink(missing_ok=True)

    def load(self) -> Tokens | None:
        """The login, if there is one."""
        profile = self.read()
        return None if profile is None else profile.tokens

    def save(self, tokens: Tokens | None) -> None:
        """Keep a login, or none."""
        profile = self.read()
        if profile is not None:
            self.write(profile.model_copy(update={"tokens": tokens}))

    @contextmanager
    def lock(self) -> Iterator[None]:
        """Keep other processes out; one that died is not waited for longer than a minute."""
        held = self.path.with_name(f"{self.path.name}.lock")
        held.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        while True:
            try:
                os.close(os.open(held, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
                break
            except FileExistsError:
                with suppress(FileNotFoundError):
                    if time.time() - held.stat().st_mtime > _STALE_LOCK_S:
                        held.unlink()
                time.sleep(_LOCK_POLL_S)
        try:
            yield
        finally:
            held.unlink(missing_ok=True)


Credentials = ApiKey | Login | TokenStore
"""Who a client is."""
