"""On the webhook queue: send the deliveries that are due, and, as a schedule asks, those whose message was lost."""

from dataclasses import dataclass
from functools import cache
from typing import Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.batch import BatchProcessor, EventType, process_partial_response
from aws_lambda_powertools.utilities.batch.types import PartialItemFailureResponse
from aws_lambda_powertools.utilities.data_classes.sqs_event import SQSRecord
from aws_lambda_powertools.utilities.typing import LambdaContext

from anpr import bootstrap, outbox
from anpr.alerts.webhooks.sealing import Seal
from anpr.alerts.webhooks.sending import Sender, SenderServices
from anpr.db import Database
from anpr.ports import EventBus
from anpr.settings import WebhookKeySettings, WebhookSettings

logger = Logger(service="webhook_sender")


@dataclass(frozen=True, slots=True)
class _Services:
    sender: Sender
    database: Database
    bus: EventBus


@cache
def _services() -> _Services:
    """Made at the first call and kept while this instance of the function is warm."""
    database = bootstrap.database()
    seal = Seal.load(bootstrap.secret_store(), WebhookKeySettings().key_secret_id)
    settings = WebhookSettings()
    services = SenderServices(
        database, bootstrap.webhook_queue(), bootstrap.blob_store(), seal, bootstrap.poster(settings)
    )
    return _Services(Sender(services, settings), database, bootstrap.event_bus())


def _send(record: SQSRecord) -> None:
    logger.info("handled", outcome=_services().sender.handle(record.body))


@logger.inject_lambda_context
def handler(event: dict[str, Any], context: LambdaContext) -> PartialItemFailureResponse:
    """Handle a batch of messages; those that could not be handled come again, the others do not."""
    processor = BatchProcessor(event_type=EventType.SQS, raise_on_entire_batch_failure=False)
    answer = process_partial_response(event=event, record_handler=_send, processor=processor, context=context)
    # An endpoint that was disabled is news for its administrators.
    outbox.relay(_services().database, _services().bus)
    return answer
