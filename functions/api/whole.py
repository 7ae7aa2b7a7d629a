"""The groups in one process, as API Gateway puts them together: each request goes by the first part of its path."""

from collections.abc import Mapping
from typing import Final

from starlette.types import ASGIApp, Receive, Scope, Send

from anpr.db import Database
from functions.api.app import create_app, routes_of
from functions.api.groups import alerts, capture, governance, identity, reader, review
from functions.api.resource import Group
from functions.api.services import ApiServices
from functions.api.telemetry import Telemetry

TOGETHER: Final[tuple[Group, ...]] = (identity.GROUP, capture.GROUP, review.GROUP, alerts.GROUP, governance.GROUP)
"""The groups that one process serves without any model."""

GROUPS: Final[tuple[Group, ...]] = (*TOGETHER, reader.GROUP)
"""All groups: the last has a process, or a function, of its own, with the models in its memory."""


def wire(database: Database) -> dict[str, ApiServices]:
    """Read the settings of the groups that go together and wire their services, by name; all use one database."""
    return {group.name: group.services.wire(database) for group in TOGETHER}


class WholeApi:
    """The groups' applications as one ASGI application.

    Under a server it ends its services' connections with the server.
    """

    def __init__(self, services: Mapping[str, ApiServices], telemetry: Telemetry) -> None:
        """Make the applications.

        Args:
            services: of each group that is served, by its name.
            telemetry: what to report by.
        """
        self._services = services
        self._by_segment: dict[str, ASGIApp] = {}
        for group in GROUPS:
            if group.name in services:
                app = create_app(group, services[group.name], telemetry)
                self._by_segment |= dict.fromkeys(segments_of(group), app)
        # What nobody serves is answered by one of them: the same problem whichever it is.
        self._any: ASGIApp = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self._live(receive, send)
            return
        path: str = scope["path"].removeprefix(scope.get("root_path", ""))
        await self._by_segment.get(path.split("/")[1], self._any)(scope, receive, send)

    async def _live(self, receive: Receive, send: Send) -> None:
        while True:
            message = await receive()
            if message["type"] == "lifespan.shutdown":
                for services in self._services.values():
                    services.renew()
                await send({"type": "lifespan.shutdown.complete"})
                return
            await send({"type": "lifespan.startup.complete"})


def segments_of(group: Group) -> list[str]:
    """The first parts of the paths that a group serves, sorted."""
    return sorted({route.path.split("/")[1] for _, route in routes_of(group.resources)})
