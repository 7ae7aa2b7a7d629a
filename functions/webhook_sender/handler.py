"""On the webhook queue: send the deliveries that are due, and, as a schedule asks, those whose message was lost."""

from functools import cache
from typing import Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.batch import BatchProcessor, EventType, process_partial_response
from aws_lambda_powertools.utilities.batch.types import PartialItemFailureResponse
from aws_lambda_powertools.utilities.data_classes.sqs_event import SQSRecord
from aws_lambda_powertools.utilities.typing import LambdaContext

from anpr import outbox
from anpr.background.services import Run, Services

NAME = "webhook_sender"
logger = Logger(service=NAME)


@cache
def _services() -> Services:
    """Made at the first call and kept while this instance of the function is warm."""
    return Services(logger)


@logger.inject_lambda_context
def handler(event: dict[str, Any], context: LambdaContext) -> PartialItemFailureResponse:
    """Handle a batch of messages; those that could not be handled come again, the others do not."""
    services = _services()
    run = Run(services, lambda: context.get_remaining_time_in_millis() / 1000)

    def send(record: SQSRecord) -> None:
        logger.info("handled", **run.message(NAME, record.body))

    answer = PartialItemFailureResponse(batchItemFailures=[])
    # A batch without messages only wakes the function.
    if event["Records"]:
        processor = BatchProcessor(event_type=EventType.SQS, raise_on_entire_batch_failure=False)
        answer = process_partial_response(event=event, record_handler=send, processor=processor, context=context)
    # An endpoint that was disabled is news for its administrators.
    outbox.relay(services.database, services.bus)
    return answer
