"""Whether anybody used the backend, by the metrics that AWS itself keeps of an API and of queues."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from anpr.adapters.aws.client import translated
from anpr.adapters.aws.settings import IdlenessSettings

_PERIOD_S: Final = 300


@dataclass(frozen=True, slots=True)
class _Signal:
    """One metric; anything above nought is activity."""

    namespace: str
    metric: str
    dimension: tuple[str, str]
    statistic: str


class CloudWatchActivity:
    """Requests to the API, messages put on queues, and messages that are being worked on."""

    def __init__(self, client: Any, settings: IdlenessSettings) -> None:
        """Prepare to measure; `client` is boto3's for `cloudwatch`."""
        self._client = client
        self._signals = tuple(_signals(settings))

    def is_active(self, since: datetime, until: datetime) -> bool:
        # One request a metric, of which a million a month are free; the request for many metrics at once never is.
        return any(self._happened(signal, since, until) for signal in self._signals)

    def _happened(self, signal: _Signal, since: datetime, until: datetime) -> bool:
        name, value = signal.dimension
        with translated("metrics"):
            answer = self._client.get_metric_statistics(
                Namespace=signal.namespace,
                MetricName=signal.metric,
                Dimensions=[{"Name": name, "Value": value}],
                StartTime=since,
                EndTime=until,
                Period=_PERIOD_S,
                Statistics=[signal.statistic],
            )
        points: Sequence[dict[str, Any]] = answer["Datapoints"]
        return any(point[signal.statistic] > 0 for point in points)


def _signals(settings: IdlenessSettings) -> Iterator[_Signal]:
    yield _Signal("AWS/ApiGateway", "Count", ("ApiId", settings.api_id), "Sum")
    for queue in settings.queues:
        yield _Signal("AWS/SQS", "NumberOfMessagesSent", ("QueueName", queue), "Sum")
        yield _Signal("AWS/SQS", "ApproximateNumberOfMessagesNotVisible", ("QueueName", queue), "Maximum")
