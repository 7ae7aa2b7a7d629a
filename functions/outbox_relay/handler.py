"""Scheduled: relay the events that whoever wrote them did not live to publish."""

from functools import cache
from typing import Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.typing import LambdaContext

from anpr import bootstrap, outbox
from anpr.db import Database
from anpr.ports import EventBus

logger = Logger(service="outbox_relay")


class EventsRefused(RuntimeError):
    """Events are set aside, and nobody has looked at them yet: the function's alarm is to be heard."""


@cache
def _services() -> tuple[Database, EventBus]:
    """Made at the first call and kept while this instance of the function is warm."""
    return bootstrap.database(), bootstrap.event_bus()


@logger.inject_lambda_context
def handler(_event: dict[str, Any], _context: LambdaContext) -> dict[str, int]:
    """Relay until nothing waits. An outage is raised, so that the schedule's alarm sees it; so are refused events."""
    database, bus = _services()
    published = outbox.relay(database, bus)
    if published:
        logger.info("events relayed", published=published)
    with database.transaction() as session:
        refused = outbox.set_aside(session)
    if refused:
        raise EventsRefused(f"The bus refused {refused} events for good; they wait in the outbox with the reason.")
    return {"published": published}
