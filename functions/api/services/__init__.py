"""What every group's routes work with; beside it, one module for each group with what its own work with besides.

Made once for each process, and handed to `create_app`. A group has what its routes need and no more, because its role
in AWS permits no more, and because what is imported costs each start of a function.
"""

from dataclasses import dataclass, field
from typing import Self

from fastapi import Request

from anpr import bootstrap
from anpr.db import Database
from anpr.identity.providers import LoginProvider
from anpr.identity.tokens import TokenVerifier
from anpr.ports import EventBus
from anpr.settings import LicenseSettings, RateLimitSettings, TokenSettings


@dataclass(frozen=True, kw_only=True)
class ApiServices:
    """What each request takes, whatever its route.

    Attributes:
        database: where everything is.
        verifier: checks the tokens of every request, where the backend logs people in itself.
        logins: the service that does, elsewhere.
        licensing: whose licences count.
        rates: how often one may log in and search.
    """

    database: Database
    verifier: TokenVerifier = field(default_factory=lambda: TokenVerifier(TokenSettings()))
    logins: LoginProvider | None = field(default_factory=bootstrap.login_provider)
    # These have defaults that protect: a group that forgets them is not without limits.
    licensing: LicenseSettings = field(default_factory=LicenseSettings)
    rates: RateLimitSettings = field(default_factory=RateLimitSettings)

    @classmethod
    def wire(cls, database: Database) -> Self:
        """Read the group's settings and wire its services.

        Args:
            database: the process's; where one process has several groups, they share it.
        """
        return cls(database=database)

    def is_scraper(self, _token: str) -> bool:
        """Tell whether a token is the deployment's scrape token, which only the group with the counters knows."""
        return False

    def renew(self) -> None:
        """Let go of what must not outlive a snapshot of the process: connections, and keys that were read."""
        self.database.engine.dispose()
        self.verifier.forget()


@dataclass(frozen=True, kw_only=True)
class Publishing(ApiServices):
    """A group whose routes have something to tell the rest of the backend.

    Attributes:
        bus: domain events.
    """

    bus: EventBus


def services(request: Request) -> ApiServices:
    """The services of the group that serves a request: of the class that its routes name, or of one below it."""
    found: ApiServices = request.app.state.services
    return found
