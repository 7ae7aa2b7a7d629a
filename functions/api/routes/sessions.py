"""/auth/session: logins of the web console, whose refresh token no script can read.

The refresh token is in a cookie that the browser keeps to itself (HttpOnly) and sends with requests of this very site
alone (SameSite=Strict). As a second defence against forged requests, each must carry a header that no form can send,
nor a script of another site as long as the API's CORS rules do not name it.
"""

from datetime import timedelta
from typing import Annotated, Final

from fastapi import Cookie, Depends, Header, Response

from anpr.errors import Forbidden, Unauthenticated
from anpr.identity.auth import TokenPair
from functions.api.access import Access, allows
from functions.api.logins import ELSEWHERE, LoggingIn, LogInHere
from functions.api.resource import Resource
from functions.api.schemas.auth import MAX_TOKEN_LENGTH, LoginIn, SessionOut

COOKIE: Final = "anpr_refresh"
HEADER: Final = "X-Anpr-Session"


def from_our_own_page(
    mark: Annotated[
        str | None,
        Header(alias=HEADER, max_length=16, description="Any text: other sites' forms and scripts cannot send it."),
    ] = None,
) -> None:
    """See that a request was made by a script of this site.

    Raises:
        Forbidden: it lacks the header that says so.
    """
    if not mark:
        raise Forbidden(f"Requests to /auth/session need the header {HEADER}; it shows that no other site made them.")


router = Resource("/auth/session", tag="auth")

OurOwnPage = Depends(from_our_own_page)

RefreshCookie = Annotated[
    str | None, Cookie(alias=COOKIE, max_length=MAX_TOKEN_LENGTH, description="Set by the login before.")
]


@router.post("", summary="Log in with a browser", responses=ELSEWHERE, dependencies=[LogInHere, OurOwnPage])
@allows(Access.PUBLIC, audits={"login.succeeded", "login.failed"})
def begin_session(body: LoginIn, response: Response, logins: LoggingIn) -> SessionOut:
    """As `POST /auth/login`, but the refresh token comes as a cookie that no script can read."""
    return _begun(response, logins.begin(body), logins)


@router.put(
    "",
    summary="Stay logged in with a browser",
    response_model=SessionOut,
    responses={204: {"description": "There is no cookie: nobody is logged in."}, **ELSEWHERE},
    dependencies=[LogInHere, OurOwnPage],
)
@allows(Access.PUBLIC, audits={"token.reused"})
def renew_session(response: Response, logins: LoggingIn, token: RefreshCookie = None) -> SessionOut | Response:
    """As `POST /auth/refresh`, by the cookie, which is replaced."""
    if token is None:
        # A page that only asks whether somebody is logged in has done nothing wrong.
        return Response(status_code=204)
    return _begun(response, logins.renew(token), logins)


@router.delete(
    "", status_code=204, summary="Log out with a browser", responses=ELSEWHERE, dependencies=[LogInHere, OurOwnPage]
)
@allows(Access.PUBLIC, audits={"logout"})
def end_session(response: Response, logins: LoggingIn, token: RefreshCookie = None) -> None:
    """End the login that the cookie belongs to and take the cookie away. Where there is none, all is well already."""
    _set_cookie(response, "", timedelta(0))
    if token is None:
        return
    try:
        logins.end(token)
    except Unauthenticated:
        # It has expired, or was never ours. An error would leave it where it is.
        return


def _begun(response: Response, pair: TokenPair, logins: LoggingIn) -> SessionOut:
    _set_cookie(response, pair.refresh_token, logins.services.signer.settings.refresh_ttl)
    response.headers["cache-control"] = "no-store"
    return SessionOut(access_token=pair.access_token, expires_in=round(pair.expires_in.total_seconds()))


def _set_cookie(response: Response, value: str, lasting: timedelta) -> None:
    # Without a path of its own, a cookie belongs to the folder of the request's address. That is `auth`, below wherever
    # the API stands, of which this function knows nothing; the three routes have one address, and so one cookie.
    age = round(lasting.total_seconds())
    response.headers.append("set-cookie", f"{COOKIE}={value}; Max-Age={age}; Secure; HttpOnly; SameSite=Strict")
