"""`anpr.ports.SecretStore` on Secrets Manager."""

import json
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from anpr.adapters.aws.client import translated
from anpr.errors import NotFound
from anpr.ports import SecretStore

if TYPE_CHECKING:
    from mypy_boto3_secretsmanager.client import SecretsManagerClient


class SecretsManagerStore:
    """`anpr.ports.SecretStore` on Secrets Manager."""

    def __init__(self, client: "SecretsManagerClient") -> None:
        self._client = client

    def get(self, secret_id: str) -> dict[str, Any] | None:
        try:
            with translated("secret store"):
                text = self._client.get_secret_value(SecretId=secret_id)["SecretString"]
        except NotFound:
            return None
        try:
            value = json.loads(text)
        except ValueError:
            # CloudFormation fills a secret that was declared without a value with a random string.
            return None
        return value if isinstance(value, dict) else None

    def put(self, secret_id: str, value: dict[str, Any]) -> None:
        with translated("secret store", missing="There is no such secret."):
            self._client.put_secret_value(SecretId=secret_id, SecretString=json.dumps(value))


class NamedSecrets:
    """`anpr.ports.SecretStore` of secrets that a deployment has given identifiers of its own."""

    def __init__(self, store: SecretStore, ids: Mapping[str, Callable[[], str]]) -> None:
        """Prepare to translate.

        Args:
            store: finds secrets by their identifiers.
            ids: what says a secret's identifier, by the secret's name.
        """
        self._store = store
        self._ids = ids

    def get(self, secret_id: str) -> dict[str, Any] | None:
        return self._store.get(self._ids[secret_id]())

    def put(self, secret_id: str, value: dict[str, Any]) -> None:
        self._store.put(self._ids[secret_id](), value)
