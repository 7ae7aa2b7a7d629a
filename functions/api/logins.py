"""Logging in, for each of the ways in which tokens are handed out."""

from dataclasses import dataclass
from typing import Annotated, Any, Final

from fastapi import Depends

from anpr.errors import NotOffered, Unauthenticated
from anpr.identity import auth
from anpr.identity.auth import Refused, TokenPair
from anpr.messages import Metric
from functions.api.dependencies import RequestId, RequestTelemetry, Services
from functions.api.limits import LoginAttempt
from functions.api.schemas.auth import LoginIn
from functions.api.services.identity import Identity

ELSEWHERE: Final[dict[int | str, dict[str, Any]]] = {
    501: {"description": "Another service logs people in here, and the detail says which"}
}
"""What routes answer that are about passwords, in the description of the API."""


def log_in_here(services: Services) -> None:
    """See that the backend logs people in itself.

    Raises:
        NotOffered: another service does.
    """
    if services.logins is not None:
        raise NotOffered(
            "This API has no passwords of its own: log in at the Supabase project's Auth, and send its access token."
        )


LogInHere = Depends(log_in_here)

Attempt = Annotated[LoginAttempt, Depends(LoginAttempt)]

# A refusal leaves something to commit (an audit record, revoked tokens), so these end their transaction before they
# raise, and do not use the request's.


@dataclass(frozen=True, slots=True)
class Logins:
    """What begins, renews and ends logins for one request."""

    services: Identity
    request_id: RequestId
    telemetry: RequestTelemetry
    attempt: Attempt

    def begin(self, body: LoginIn) -> TokenPair:
        """Exchange an e-mail address and a password for tokens.

        Raises:
            TooManyRequests: there were too many failures.
            Unauthenticated: one of them is wrong, or the account is disabled.
        """
        self.attempt.count(body.email)
        with self.services.database.transaction() as session:
            result = auth.log_in(
                session,
                self.services.signer,
                email=body.email,
                password=body.password.get_secret_value(),
                request_id=self.request_id,
            )
        if isinstance(result, Refused):
            self.telemetry.count(Metric.LOGINS_REFUSED)
            raise Unauthenticated(result.detail)
        self.attempt.succeed(body.email)
        self.telemetry.count(Metric.LOGINS)
        return result

    def renew(self, refresh_token: str) -> TokenPair:
        """Exchange a refresh token for a new pair.

        Raises:
            Unauthenticated: it is not a good one.
        """
        services = self.services
        with services.database.transaction() as session:
            result = auth.refresh(
                session, services.signer, services.verifier, refresh_token, request_id=self.request_id
            )
        if isinstance(result, Refused):
            raise Unauthenticated(result.detail)
        return result

    def end(self, refresh_token: str) -> None:
        """End the login that a refresh token belongs to.

        Raises:
            Unauthenticated: it is not one of ours, or has expired.
        """
        with self.services.database.transaction() as session:
            auth.log_out(session, self.services.verifier, refresh_token, request_id=self.request_id)


LoggingIn = Annotated[Logins, Depends(Logins)]
