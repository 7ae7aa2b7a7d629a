"""The applications: one for each group of resources, or one of all groups, and no host among what they know."""

from collections.abc import Iterator, Sequence

from fastapi import APIRouter, Depends, FastAPI
from fastapi.routing import APIRoute
from starlette.types import Scope

from functions.api import problems
from functions.api.access import authorise, rule_of
from functions.api.methods import OnlyDeclaredMethods
from functions.api.queries import once
from functions.api.resource import Group
from functions.api.services import ApiServices
from functions.api.telemetry import RequestReport, Telemetry

MAX_BODY_BYTES = 1024**2
"""Files go to the bucket by a form of its own, so no body here is large."""


def create_app(group: Group, services: ApiServices, telemetry: Telemetry) -> FastAPI:
    """Make the application of a group: plain ASGI, for any server.

    Args:
        group: the resources.
        services: what their routes work with.
        telemetry: what to report by.

    Raises:
        LookupError: a route does not say who may call it.
        TypeError: the services are another group's.
    """
    if not isinstance(services, group.services):
        raise TypeError(f"the group {group.name} needs {group.services.__name__}, not {type(services).__name__}")
    for _, route in routes_of(group.resources):
        rule_of(route.endpoint)
    app = FastAPI(
        title="ANPR",
        # The whole API's schema is a file, served by one group; see `functions.api.openapi`.
        openapi_url=None,
        # A redirect would name the host that this application sees, which is not the client's.
        redirect_slashes=False,
        max_body_size=MAX_BODY_BYTES,
        # Whoever asks all the time whether the process lives is no news.
        telemetry={"exclude": _is_probe},
        dependencies=[Depends(authorise), Depends(once)],
    )
    app.state.services = services
    app.state.telemetry = telemetry
    problems.install(app)
    app.add_middleware(OnlyDeclaredMethods, routes=list(routes_of(group.resources)))
    app.add_middleware(RequestReport, telemetry=telemetry)
    for router in group.resources:
        app.include_router(router)
    return app


def _is_probe(scope: Scope) -> bool:
    return bool(scope["path"] == "/health")


def routes_of(resources: Sequence[APIRouter]) -> Iterator[tuple[str, APIRoute]]:
    """The routes of some resources with the method of each, in the order in which they are tried."""
    for router in resources:
        for route in router.routes:
            if isinstance(route, APIRoute):
                for method in sorted(route.methods or ()):
                    yield method, route
