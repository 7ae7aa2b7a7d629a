"""Which methods a path has, told before anything else is: 405 with `Allow` for the others."""

import re
from collections.abc import Iterable
from typing import Final

from fastapi.routing import APIRoute
from starlette.types import ASGIApp, Receive, Scope, Send

from functions.api.problems import problem_response

_PARAMETER: Final = "{"


class OnlyDeclaredMethods:
    """ASGI middleware: refuses the methods that no route of a path has.

    Left to the router, `Allow` would name the methods of one route of the path alone, and a method that a path with a
    name in it lacks (`PATCH /users/me`) would be tried on the one with a parameter in its place (`/users/{user_id}`).
    """

    def __init__(self, app: ASGIApp, routes: Iterable[tuple[str, APIRoute]]) -> None:
        """Take the routes.

        Args:
            app: what serves them.
            routes: each with one of its methods.
        """
        self._app = app
        methods: dict[str, set[str]] = {}
        patterns: dict[str, re.Pattern[str]] = {}
        for method, route in routes:
            methods.setdefault(route.path, set()).add(method)
            patterns[route.path] = route.path_regex
        # Of two paths that a request could be for, the one that names more of it first.
        ordered = sorted(methods, key=lambda path: [part.startswith(_PARAMETER) for part in path.split("/")])
        self._paths = [(patterns[path], methods[path]) for path in ordered]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        allowed = self._methods_of(scope) if scope["type"] == "http" else None
        if allowed is None or scope["method"] in allowed:
            await self._app(scope, receive, send)
            return
        response = problem_response(
            status=405,
            code="method-not-allowed",
            title="Method Not Allowed",
            detail=f"{scope['method']} is not possible here; {' and '.join(sorted(allowed))} {_are(len(allowed))}.",
            extra={"instance": scope["path"], "request_id": scope["state"]["request_id"]},
            headers={"allow": ", ".join(sorted(allowed))},
        )
        await response(scope, receive, send)

    def _methods_of(self, scope: Scope) -> set[str] | None:
        """The methods of the path that a request is for; None where there is no such path."""
        path = scope["path"].removeprefix(scope.get("root_path", ""))
        return next((methods for pattern, methods in self._paths if pattern.match(path)), None)


def _are(count: int) -> str:
    return "is" if count == 1 else "are"
