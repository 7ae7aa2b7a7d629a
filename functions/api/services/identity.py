"""What the routes of logins and accounts work with."""

from dataclasses import dataclass
from typing import Annotated, Self

from fastapi import Depends

from anpr import bootstrap
from anpr.db import Database
from anpr.identity.tokens import TokenSigner
from anpr.ports import Secret
from anpr.settings import TokenSettings
from functions.api.services import ApiServices, services


@dataclass(frozen=True, kw_only=True)
class IdentityServices(ApiServices):
    """The only group that makes tokens.

    Attributes:
        signer: makes them.
    """

    signer: TokenSigner

    @classmethod
    def wire(cls, database: Database) -> Self:
        signer = TokenSigner(TokenSettings(), bootstrap.secret_store(), Secret.SIGNING_KEY)
        return cls(database=database, signer=signer)

    def renew(self) -> None:
        super().renew()
        self.signer.forget()


Identity = Annotated[IdentityServices, Depends(services)]
