"""Scheduled: relay the events that whoever wrote them did not live to publish."""

from functools import cache
from typing import Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.typing import LambdaContext

from anpr.background.services import Run, Services

NAME = "outbox_relay"
logger = Logger(service=NAME)


@cache
def _services() -> Services:
    """Made at the first call and kept while this instance of the function is warm."""
    return Services(logger)


@logger.inject_lambda_context
def handler(_event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Relay until nothing waits. An outage is raised, so that the schedule's alarm sees it; so are refused events."""
    return Run(_services(), lambda: context.get_remaining_time_in_millis() / 1000).task(NAME)
