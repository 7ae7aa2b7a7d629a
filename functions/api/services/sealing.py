"""What the routes work with that keep secrets of others: of webhooks, and the addresses of cameras' streams."""

from dataclasses import dataclass

from anpr.alerts.webhooks.sealing import Seal
from anpr.ports import Secret, SecretStore
from functions.api.services import ApiServices


@dataclass(frozen=True, kw_only=True)
class Sealing(ApiServices):
    """A group whose routes encrypt and decrypt such secrets.

    Attributes:
        secrets: where the key is.
        key_secret_id: which secret it is.
    """

    secrets: SecretStore
    key_secret_id: str = Secret.WEBHOOK_KEY

    def seal(self) -> Seal:
        """The key, read where it is used: few requests need it."""
        return Seal.load(self.secrets, self.key_secret_id)
