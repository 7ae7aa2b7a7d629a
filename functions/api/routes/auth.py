"""POST /auth/…: log in, stay logged in, log out."""

from typing import Annotated

from fastapi import Depends

from anpr.errors import Unauthenticated
from anpr.identity import auth
from anpr.identity.auth import Refused, TokenPair
from functions.api.access import Access, allows
from functions.api.dependencies import RequestId, RequestTelemetry, Services
from functions.api.limits import LoginAttempt
from functions.api.resource import Resource
from functions.api.schemas.auth import LoginIn, RefreshIn, TokensOut
from functions.api.services.identity import Identity

router = Resource("/auth", tag="auth", about="Log in, stay logged in, log out.")

Attempt = Annotated[LoginAttempt, Depends(LoginAttempt)]


# A refusal leaves something to commit (an audit record, revoked tokens), so these end their transaction before they
# raise, and do not use the request's.


@router.post("/login", summary="Log in")
@allows(Access.PUBLIC, audits={"login.succeeded", "login.failed"})
def log_in(
    body: LoginIn,
    request_id: RequestId,
    telemetry: RequestTelemetry,
    attempt: Attempt,
    services: Identity,
) -> TokensOut:
    """Exchange an e-mail address and a password for tokens. Too many failures, and the answer is 429 for a while."""
    attempt.count(body.email)
    with services.database.transaction() as session:
        result = auth.log_in(
            session, services.signer, email=body.email, password=body.password.get_secret_value(), request_id=request_id
        )
    if isinstance(result, Refused):
        telemetry.count("anpr_logins_refused_total")
    else:
        attempt.succeed(body.email)
        telemetry.count("anpr_logins_total")
    return _tokens(result)


@router.post("/refresh", summary="Get new tokens")
@allows(Access.PUBLIC, audits={"token.reused"})
def refresh(body: RefreshIn, request_id: RequestId, services: Identity) -> TokensOut:
    """Exchange a refresh token for a new pair. It is good once; used twice, all that came of its login ends."""
    with services.database.transaction() as session:
        result = auth.refresh(session, services.signer, services.verifier, body.refresh_token, request_id=request_id)
    return _tokens(result)


@router.post("/logout", status_code=204, summary="Log out")
@allows(Access.PUBLIC, audits={"logout"})
def log_out(body: RefreshIn, services: Services, request_id: RequestId) -> None:
    """End the login that a refresh token belongs to, and every token of it."""
    with services.database.transaction() as session:
        auth.log_out(session, services.verifier, body.refresh_token, request_id=request_id)


def _tokens(result: TokenPair | Refused) -> TokensOut:
    if isinstance(result, Refused):
        raise Unauthenticated(result.detail)
    return TokensOut(
        access_token=result.access_token,
        refresh_token=result.refresh_token,
        expires_in=round(result.expires_in.total_seconds()),
    )
