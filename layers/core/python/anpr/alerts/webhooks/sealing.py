"""Webhooks' secrets at rest: encrypted with a key that only the functions that need it may read."""

import base64
import secrets
from typing import Final, Self

from cryptography.fernet import Fernet, InvalidToken, MultiFernet

from anpr.errors import Unavailable
from anpr.ports import SecretStore

_SECRET_BYTES: Final = 32
_PREFIX: Final = "whsec_"


def new_secret() -> str:
    """Draw a secret in the form of Standard Webhooks."""
    return _PREFIX + base64.b64encode(secrets.token_bytes(_SECRET_BYTES)).decode()


class Seal:
    """Encrypts with the newest key, decrypts with any."""

    def __init__(self, keys: list[str]) -> None:
        self._fernet = MultiFernet([Fernet(key) for key in keys])

    @classmethod
    def load(cls, store: SecretStore, secret_id: str) -> Self:
        """Read the keys: `{"keys": [newest, …]}`, each as Fernet writes them.

        Raises:
            Unavailable: there are none yet; the set-up function makes the first.
        """
        value = store.get(secret_id)
        if not value or not value.get("keys"):
            raise Unavailable("Webhooks are not set up yet: their key has no value.")
        return cls(value["keys"])

    def close(self, secret: str) -> bytes:
        """Encrypt a secret."""
        return self._fernet.encrypt(secret.encode())

    def open(self, sealed: bytes) -> str:
        """Decrypt a secret.

        Raises:
            Unavailable: the key it was encrypted with is gone.
        """
        try:
            return self._fernet.decrypt(sealed).decode()
        except InvalidToken as error:
            raise Unavailable("The webhook's secret cannot be decrypted; rotate it.") from error


def ensure_key(store: SecretStore, secret_id: str) -> bool:
    """Make the first key where there is none.

    Returns:
        Whether it was made.
    """
    value = store.get(secret_id)
    if value and value.get("keys"):
        return False
    store.put(secret_id, {"keys": [Fernet.generate_key().decode()]})
    return True
