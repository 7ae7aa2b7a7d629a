"""On the bus: tell people and machines of hits, of what became of them, and administrators of webhooks that failed.

A queue stands between the bus and this function, so that what happens during an outage is told after it.
"""

import json
from datetime import UTC, datetime
from functools import cache
from typing import Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.metrics import EphemeralMetrics, MetricUnit
from aws_lambda_powertools.utilities.batch import BatchProcessor, EventType, process_partial_response
from aws_lambda_powertools.utilities.batch.types import PartialItemFailureResponse
from aws_lambda_powertools.utilities.data_classes.sqs_event import SQSRecord
from aws_lambda_powertools.utilities.typing import LambdaContext

from anpr import messages
from anpr.background.services import Run, Services
from anpr.messages import METRICS_NAMESPACE, BoloMatched, CloudEvent, Metric

NAME = "bolo_notifier"
logger = Logger(service=NAME)


@cache
def _services() -> Services:
    """Made at the first call and kept while this instance of the function is warm."""
    return Services(logger)


def _count_hit(message: CloudEvent) -> None:
    """Count a hit that was told of, and the seconds since the transaction that recorded it."""
    metrics = EphemeralMetrics(service=NAME, namespace=METRICS_NAMESPACE)
    metrics.add_metric(Metric.HITS.value, MetricUnit.Count, 1)
    seconds = (datetime.now(UTC) - message.time).total_seconds()
    metrics.add_metric(Metric.NOTIFICATION_TIME.value, MetricUnit.Seconds, seconds)
    metrics.flush_metrics()


@logger.inject_lambda_context
def handler(event: dict[str, Any], context: LambdaContext) -> PartialItemFailureResponse:
    """Notify of a batch of events; those that failed come again, and in the end lie among the dead letters."""
    run = Run(_services(), lambda: context.get_remaining_time_in_millis() / 1000)

    def notify(record: SQSRecord) -> None:
        message = CloudEvent.model_validate(json.loads(record.body)["detail"])
        logger.info("notified", **run.event(NAME, message))
        if message.type == messages.EventType.BOLO_MATCHED and BoloMatched.model_validate(message.data).alert:
            _count_hit(message)

    if not event["Records"]:
        # A batch without messages only wakes the function.
        return PartialItemFailureResponse(batchItemFailures=[])
    processor = BatchProcessor(event_type=EventType.SQS, raise_on_entire_batch_failure=False)
    return process_partial_response(event=event, record_handler=notify, processor=processor, context=context)
