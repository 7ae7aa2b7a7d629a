"""On `upload.processed`: book what the upload used, and give notice where a limit of the licence is near."""

from functools import cache
from typing import Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.typing import LambdaContext

from anpr.background.services import Run, Services
from anpr.messages import CloudEvent

NAME = "usage_meter"
logger = Logger(service=NAME)


@cache
def _services() -> Services:
    """Made at the first call and kept while this instance of the function is warm."""
    return Services(logger)


@logger.inject_lambda_context
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Book one upload. A message that comes again books nothing; an outage is raised, so that it does come again."""
    run = Run(_services(), lambda: context.get_remaining_time_in_millis() / 1000)
    return run.event(NAME, CloudEvent.model_validate(event["detail"]))
