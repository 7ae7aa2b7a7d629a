"""The console's function: it serves files and knows neither the database nor anybody."""

from functools import cache
from typing import Any

from mangum import Mangum
from snapshot_restore_py import register_before_snapshot

from functions.console.settings import ConsoleSettings
from functions.console.site import console_site

# Mangum sends all but a few types as base64, which API Gateway turns back but readers of a raw payload do not.
_TEXT_TYPES = ["text/", "application/json", "image/svg+xml"]


@cache
def _adapter() -> Mangum:
    return Mangum(console_site(ConsoleSettings()), lifespan="off", text_mime_types=_TEXT_TYPES)


register_before_snapshot(_adapter)


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Answer one request of an HTTP API (payload 2.0)."""
    if "requestContext" not in event:
        # From our own schedule, which only keeps the function from being forgotten.
        return {}
    answer: dict[str, Any] = _adapter()(event, context)
    return answer
