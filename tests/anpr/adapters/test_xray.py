import json
from collections.abc import Iterator

import pytest
from botocore.stub import Stubber
from moto import mock_aws

from anpr.adapters.aws import make_client
from anpr.adapters.xray import XraySegments
from anpr.errors import Unavailable

SEGMENT = {"name": "n", "id": "53995c3f42cd8ad8", "trace_id": "1-67891233-abcdef012345678912345678", "start_time": 1.0}


@pytest.fixture(autouse=True)
def _aws() -> Iterator[None]:
    with mock_aws():
        yield


def test_segments_that_were_sent_can_be_found() -> None:
    client = make_client("xray")

    XraySegments(client)([json.dumps({**SEGMENT, "end_time": 2.0})])

    (trace,) = client.batch_get_traces(TraceIds=[SEGMENT["trace_id"]])["Traces"]
    assert [json.loads(segment["Document"])["id"] for segment in trace["Segments"]] == [SEGMENT["id"]]


def test_segments_that_were_refused_are_not_taken_for_sent() -> None:
    client = make_client("xray")
    with Stubber(client) as stub:
        stub.add_response("put_trace_segments", {"UnprocessedTraceSegments": [{"Id": "a", "ErrorCode": "MissingId"}]})
        with pytest.raises(Unavailable, match="1 of 2"):
            XraySegments(client)(["{}", "{}"])
