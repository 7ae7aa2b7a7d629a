from collections.abc import Iterator

import pytest
from botocore.stub import Stubber

from anpr.adapters.aws.client import make_client
from anpr.adapters.aws.xray import XraySegments
from anpr.errors import Unavailable

# Not moto's: its X-Ray replaces the SDK's recorder in the whole process, and leaves a socket open.


@pytest.fixture
def stub() -> Iterator[Stubber]:
    with Stubber(make_client("xray")) as stubber:
        yield stubber


def test_segments_are_sent_as_they_are(stub: Stubber) -> None:
    stub.add_response("put_trace_segments", {}, {"TraceSegmentDocuments": ['{"id": "a"}', '{"id": "b"}']})

    XraySegments(stub.client)(['{"id": "a"}', '{"id": "b"}'])

    stub.assert_no_pending_responses()


def test_segments_that_were_refused_are_not_taken_for_sent(stub: Stubber) -> None:
    stub.add_response("put_trace_segments", {"UnprocessedTraceSegments": [{"Id": "a", "ErrorCode": "MissingId"}]})

    with pytest.raises(Unavailable, match="1 of 2"):
        XraySegments(stub.client)(["{}", "{}"])


def test_a_service_that_is_down_is_unavailable(stub: Stubber) -> None:
    stub.add_client_error("put_trace_segments", "ThrottledException")

    with pytest.raises(Unavailable):
        XraySegments(stub.client)(["{}"])
