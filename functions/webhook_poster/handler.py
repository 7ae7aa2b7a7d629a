"""Called by the sender of webhooks: make one request to the address that a customer named, and say what came of it.

It has the internet and nothing else: no database, no secret, no right to call anything of AWS.
"""

from functools import cache
from typing import Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.typing import LambdaContext

from anpr.alerts import posting
from anpr.alerts.egress import policy_of
from anpr.alerts.posting import Poster
from anpr.settings import WebhookSettings

logger = Logger(service="webhook_poster")


@cache
def _post() -> Poster:
    """Made at the first call and kept while this instance of the function is warm."""
    return posting.direct(policy_of(WebhookSettings()))


@logger.inject_lambda_context
def handler(event: dict[str, Any], _context: LambdaContext) -> dict[str, Any]:
    """Post once; who asked tries again. A call that asks for nothing only wakes the function."""
    if "Records" in event:
        return {}
    return posting.serve(event, _post())
