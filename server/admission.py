"""So many requests at once and no more: what comes then is told at once to come again, rather than wait for ever."""

from typing import Final

from starlette.responses import JSONResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from functions.api.problems import problem_response
from functions.api.schemas.plate_reader import SnapshotRefusal

_RETRY_AFTER_S: Final = 1
_SNAPSHOTS: Final = "/v1/"
_MOST_DISCARDED: Final = 32 * 1024**2


class Admission:
    """ASGI middleware: refuses requests beyond a number.

    What is refused is heard to its end first, for a client that still sends would not see the answer.
    """

    def __init__(self, app: ASGIApp, *, places: int) -> None:
        """Take the application.

        Args:
            app: what answers.
            places: requests that it may have at once.
        """
        self._app = app
        self._free = places

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["method"] != "POST":
            await self._app(scope, receive, send)
            return
        if self._free <= 0:
            await _discard(receive)
            await _refusal(scope["path"])(scope, receive, send)
            return
        self._free -= 1
        try:
            await self._app(scope, receive, send)
        finally:
            self._free += 1


async def _discard(receive: Receive) -> None:
    size = 0
    while size <= _MOST_DISCARDED:
        message = await receive()
        size += len(message.get("body", b""))
        if not message.get("more_body", False):
            return


def _refusal(path: str) -> Response:
    headers = {"retry-after": str(_RETRY_AFTER_S)}
    if path.startswith(_SNAPSHOTS):
        # In the words that clients of the Snapshot API know, which wait a second and try again.
        refusal = SnapshotRefusal(
            detail=f"Request was throttled. Expected available in {_RETRY_AFTER_S} second.", status_code=429
        )
        return JSONResponse(refusal.model_dump(), 429, headers)
    return problem_response(
        status=503,
        code="unavailable",
        title="Temporarily unavailable",
        detail="As many pictures are being read as this process takes at once; try again in a second.",
        extra={"instance": path},
        headers=headers,
    )
