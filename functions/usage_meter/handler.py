"""On `upload.processed`: book what the upload used, and give notice where a limit of the licence is near."""

from functools import cache
from typing import Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.typing import LambdaContext

from anpr import bootstrap
from anpr.db import Database
from anpr.governance import licenses, usage
from anpr.messages import CloudEvent, UploadProcessed
from anpr.settings import LicenseSettings

logger = Logger(service="usage_meter")


@cache
def _services() -> tuple[Database, LicenseSettings]:
    """Made at the first call and kept while this instance of the function is warm."""
    return bootstrap.database(), LicenseSettings()


@logger.inject_lambda_context
def handler(event: dict[str, Any], _context: LambdaContext) -> dict[str, bool]:
    """Book one upload. A message that comes again books nothing; an outage is raised, so that it does come again."""
    database, licensing = _services()
    message = CloudEvent.model_validate(event["detail"])
    processed = UploadProcessed.model_validate(message.data)
    with database.transaction() as session:
        booked = usage.record(session, processed, message.id)
        notices = licenses.give_notice(session, licensing) if booked else []
    for notice in notices:
        logger.warning("license warning", kind=notice.kind, detail=notice.detail)
    return {"booked": booked}
