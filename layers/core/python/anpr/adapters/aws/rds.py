"""Logging in to Aurora by IAM: a signed request in place of a password, made anew for each connection.

A token is good for 15 minutes, and only to open a connection with; it is signed here, so nothing is asked over the
network. What RDS checks is whether the signing role may `rds-db:connect` as the database's user.
"""

from typing import Any, Final

import boto3
from botocore.model import ServiceId
from botocore.signers import RequestSigner

from anpr.adapters.aws.client import translated
from anpr.errors import Unavailable

_LIFETIME_S: Final = 900


class DatabaseToken:
    """Makes tokens for one user of one database server."""

    def __init__(self, host: str, port: int, user: str) -> None:
        """Prepare to sign as whoever this process runs as.

        Args:
            host: the server's own name, not an alias: the signature covers it.
            port: the server's.
            user: the database's user.
        """
        self._url = f"https://{host}:{port}/?Action=connect&DBUser={user}"
        self._session: Any = boto3.session.Session()

    def __call__(self) -> str:
        """Sign a token.

        Raises:
            anpr.errors.Unavailable: this process has no credentials, or does not get them now.
        """
        with translated("login service"):
            credentials = self._session.get_credentials()
            if credentials is None:
                raise Unavailable("The backend has no credentials to log in to the database with.")
            region = self._session.region_name
            # The signer alone, without a client of the service, whose description takes a tenth of a second to load.
            signer = RequestSigner(ServiceId("RDS"), region, "rds-db", "v4", credentials, self._session.events)
            request = {"method": "GET", "url": self._url, "body": {}, "headers": {}, "context": {}}
            signed: str = signer.generate_presigned_url(
                request, operation_name="connect", expires_in=_LIFETIME_S, region_name=region
            )
        return signed.removeprefix("https://")
