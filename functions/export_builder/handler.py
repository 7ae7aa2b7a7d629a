"""Build exports as they are asked for, say when they are ready, and, on a schedule, look after those left behind."""

from functools import cache
from typing import Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.typing import LambdaContext

from anpr.background.services import Run, Services
from anpr.messages import SOURCE, CloudEvent

NAME = "export_builder"
logger = Logger(service=NAME)


@cache
def _services() -> Services:
    """Made at the first call and kept while this instance of the function is warm."""
    return Services(logger)


@logger.inject_lambda_context
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Do what an event of the bus, or the schedule, asks for. An outage is raised: the service tries again."""
    run = Run(_services(), lambda: context.get_remaining_time_in_millis() / 1000)
    if event.get("source") == SOURCE:
        report = run.event(NAME, CloudEvent.model_validate(event["detail"]))
    else:
        report = run.task(NAME)
    if any(report.values()):
        logger.info("exports looked after", **report)
    return report
