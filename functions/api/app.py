"""The application: one for each group of routes, all made the same way."""

from collections.abc import Sequence

from fastapi import APIRouter, Depends, FastAPI
from fastapi.routing import APIRoute

from functions.api import problems
from functions.api.access import ACCESS, authorise
from functions.api.services import ApiServices
from functions.api.telemetry import RequestReport, Telemetry

MAX_BODY_BYTES = 1024**2
"""Files go to the bucket by a form of its own, so no body here is large."""


def create_app(services: ApiServices, routers: Sequence[APIRouter], telemetry: Telemetry) -> FastAPI:
    """Make the application of some routers.

    Args:
        services: what the routes work with.
        routers: the group's resources.
        telemetry: what to report by.

    Raises:
        LookupError: a route is missing from the table of who may call what.
    """
    for method, path in routes_of(routers):
        if (method, path) not in ACCESS:
            raise LookupError(f"{method} {path} is not in functions.api.access.ACCESS")
    app = FastAPI(
        title="ANPR",
        # The whole API's schema is a file, served by one group; see `functions.api.openapi`.
        openapi_url=None,
        # A redirect would name the host that this function sees, which is not the client's.
        redirect_slashes=False,
        max_body_size=MAX_BODY_BYTES,
        dependencies=[Depends(authorise)],
    )
    app.state.services = services
    app.state.telemetry = telemetry
    problems.install(app)
    app.add_middleware(RequestReport, telemetry=telemetry)
    for router in routers:
        app.include_router(router)
    return app


def routes_of(routers: Sequence[APIRouter]) -> list[tuple[str, str]]:
    """List the method and path of each route."""
    return [
        (method, route.path)
        for router in routers
        for route in router.routes
        if isinstance(route, APIRoute)
        for method in sorted(route.methods or ())
    ]
