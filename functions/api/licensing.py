"""What the licence says to a route."""

from collections.abc import Callable

from fastapi import Response

from anpr.governance import licenses
from anpr.governance.license_keys import Feature
from anpr.governance.licenses import LimitUse
from functions.api.dependencies import Caller, DbSession, Services

WARNING_HEADER = "license-warning"


def requires(feature: Feature) -> Callable[[Services], None]:
    """Make the dependency of a route that belongs to a feature."""

    def check(services: Services) -> None:
        # A transaction of its own, over before the route begins its own: there is one connection.
        with services.database.transaction() as session:
            licenses.require_feature(session, services.licensing, feature)

    return check


def within_minutes(services: Services, session: DbSession, caller: Caller, response: Response) -> None:
    """The dependency of a route that takes footage in: refuses it once the month's minutes are used up."""
    # How much is used, all cameras have used.
    sees_all = caller.scope is None
    use = licenses.require_minutes(session, services.licensing, with_use=sees_all)
    if sees_all:
        warn(response, use)


def within_minutes_first(services: Services, caller: Caller, response: Response) -> None:
    """The same for a route that makes its own transaction: this one is over before it, since there is one connection.

    Raises:
        anpr.errors.AnprError: the month's minutes are used up.
    """
    with services.database.transaction() as session:
        within_minutes(services, session, caller, response)


def warn(response: Response, use: LimitUse) -> None:
    """Say in a header that a limit is nearly reached; the response is otherwise as it would be."""
    if use.warning is not None:
        response.headers[WARNING_HEADER] = use.warning
