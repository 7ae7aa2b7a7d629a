"""POST /auth/…: log in, stay logged in, log out."""

from anpr.identity.auth import TokenPair
from functions.api.access import Access, allows
from functions.api.logins import ELSEWHERE, LoggingIn, LogInHere
from functions.api.resource import Resource
from functions.api.schemas.auth import LoginIn, RefreshIn, TokensOut

router = Resource("/auth", tag="auth", about="Log in, stay logged in, log out.")


@router.post("/login", summary="Log in", responses=ELSEWHERE, dependencies=[LogInHere])
@allows(Access.PUBLIC, audits={"login.succeeded", "login.failed"})
def log_in(body: LoginIn, logins: LoggingIn) -> TokensOut:
    """Exchange an e-mail address and a password for tokens. Too many failures, and the answer is 429 for a while."""
    return _tokens(logins.begin(body))


@router.post("/refresh", summary="Get new tokens", responses=ELSEWHERE, dependencies=[LogInHere])
@allows(Access.PUBLIC, audits={"token.reused"})
def refresh(body: RefreshIn, logins: LoggingIn) -> TokensOut:
    """Exchange a refresh token for a new pair. It is good once; used twice, all that came of its login ends."""
    return _tokens(logins.renew(body.refresh_token))


@router.post("/logout", status_code=204, summary="Log out", responses=ELSEWHERE, dependencies=[LogInHere])
@allows(Access.PUBLIC, audits={"logout"})
def log_out(body: RefreshIn, logins: LoggingIn) -> None:
    """End the login that a refresh token belongs to, and every token of it."""
    logins.end(body.refresh_token)


def _tokens(pair: TokenPair) -> TokensOut:
    return TokensOut(
        access_token=pair.access_token,
        refresh_token=pair.refresh_token,
        expires_in=round(pair.expires_in.total_seconds()),
    )
