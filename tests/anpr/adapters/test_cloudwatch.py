from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from botocore.stub import Stubber
from moto import mock_aws

from anpr.adapters.aws.client import make_client
from anpr.adapters.aws.cloudwatch import CloudWatchActivity
from anpr.adapters.aws.settings import IdlenessSettings
from anpr.errors import Unavailable

SETTINGS = IdlenessSettings(api_id="abc", queues=("jobs", "hits"))
NOW = datetime.now(UTC).replace(microsecond=0)


@pytest.fixture(autouse=True)
def _aws() -> Iterator[None]:
    with mock_aws():
        yield


def record(metric: str, dimension: tuple[str, str], value: float, minutes_ago: float = 3) -> None:
    """A point as AWS records it."""
    namespace = "AWS/ApiGateway" if metric == "Count" else "AWS/SQS"
    name, of = dimension
    make_client("cloudwatch").put_metric_data(
        Namespace=namespace,
        MetricData=[
            {
                "MetricName": metric,
                "Dimensions": [{"Name": name, "Value": of}],
                "Timestamp": NOW - timedelta(minutes=minutes_ago),
                "Value": value,
            }
        ],
    )


def is_active() -> bool:
    return CloudWatchActivity(make_client("cloudwatch"), SETTINGS).is_active(NOW - timedelta(minutes=30), NOW)


def test_where_nothing_was_recorded_nothing_has_happened() -> None:
    assert not is_active()


@pytest.mark.parametrize(
    ("metric", "dimension"),
    [
        ("Count", ("ApiId", "abc")),
        ("NumberOfMessagesSent", ("QueueName", "jobs")),
        ("NumberOfMessagesSent", ("QueueName", "hits")),
        # A long job: nobody asks for anything, and yet the database is written to.
        ("ApproximateNumberOfMessagesNotVisible", ("QueueName", "jobs")),
    ],
)
def test_requests_messages_and_work_are_activity(metric: str, dimension: tuple[str, str]) -> None:
    record(metric, dimension, 0)
    assert not is_active()

    record(metric, dimension, 1)
    assert is_active()


@pytest.mark.parametrize(
    ("metric", "dimension", "minutes_ago"),
    [
        ("Count", ("ApiId", "another"), 3),
        ("NumberOfMessagesSent", ("QueueName", "webhooks"), 3),
        ("Count", ("ApiId", "abc"), 45),
    ],
)
def test_what_is_not_ours_or_long_ago_is_none(metric: str, dimension: tuple[str, str], minutes_ago: float) -> None:
    record(metric, dimension, 1, minutes_ago)

    assert not is_active()


def test_metrics_that_cannot_be_read_are_unavailable() -> None:
    client: Any = make_client("cloudwatch")
    with Stubber(client) as stub:
        stub.add_client_error("get_metric_statistics", "Throttling")
        with pytest.raises(Unavailable):
            CloudWatchActivity(client, SETTINGS).is_active(NOW - timedelta(minutes=30), NOW)
