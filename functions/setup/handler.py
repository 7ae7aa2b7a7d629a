"""Run by each deployment: migrate the database, make the keys, make the first administrator."""

from typing import Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.typing import LambdaContext

from anpr.background import set_up as work
from functions.setup import cloudformation

logger = Logger(service="setup")


@logger.inject_lambda_context
def handler(event: dict[str, Any], _context: LambdaContext) -> dict[str, Any] | None:
    """Bring a deployment up to date, for CloudFormation in the midst of it or for whoever runs this after it.

    Returns:
        What `set_up` does; nothing where CloudFormation is answered instead.
    """
    if cloudformation.is_request(event):
        cloudformation.serve(event, set_up, logger)
        return None
    return set_up()


def set_up() -> dict[str, Any]:
    """Do it, and say so in the log."""
    done = work.set_up()
    logger.info("set up", **done)
    return done
