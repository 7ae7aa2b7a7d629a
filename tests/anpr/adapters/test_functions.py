import io
import json
import socket
from typing import Any

import pytest
import urllib3.util.connection
from botocore.response import StreamingBody
from botocore.stub import Stubber

from anpr.adapters.aws.client import make_client
from anpr.adapters.aws.functions import FunctionCall, FunctionStarter
from anpr.errors import NotFound, Unavailable

EVENT = {"url": "https://example.org"}


def called(returned: bytes, **answer: Any) -> dict[str, Any]:
    """Call a function that returns this, and say what the caller gets."""
    client = make_client("lambda")
    with Stubber(client) as stub:
        body = StreamingBody(io.BytesIO(returned), len(returned))
        stub.add_response(
            "invoke",
            {"StatusCode": 200, "Payload": body, **answer},
            {"FunctionName": "poster", "Payload": json.dumps(EVENT).encode()},
        )
        return FunctionCall(client, "poster")(EVENT)


def test_the_caller_gets_what_the_function_returned() -> None:
    assert called(b'{"answer": null, "undelivered": "no"}') == {"answer": None, "undelivered": "no"}


def test_a_function_that_failed_is_unavailable() -> None:
    with pytest.raises(Unavailable):
        called(b'{"errorMessage": "Task timed out after 40.00 seconds"}', FunctionError="Unhandled")


def test_a_function_that_returned_nothing_is_unavailable() -> None:
    with pytest.raises(Unavailable):
        called(b"null")


@pytest.mark.parametrize(
    ("code", "error"), [("TooManyRequestsException", Unavailable), ("ResourceNotFoundException", NotFound)]
)
def test_a_function_that_cannot_be_called_is_the_domains_error(code: str, error: type[Exception]) -> None:
    client = make_client("lambda")
    with Stubber(client) as stub:
        stub.add_client_error("invoke", code)
        with pytest.raises(error):
            FunctionCall(client, "poster")(EVENT)


def test_what_must_not_be_done_twice_is_tried_once_for_as_long_as_it_may_take() -> None:
    config = make_client("lambda", once_within_s=40).meta.config

    assert config.retries["total_max_attempts"] == 1
    assert config.read_timeout == 40


@pytest.mark.parametrize(
    ("service", "domain"),
    [("events", "api.aws"), ("lambda", "api.aws"), *((name, "amazonaws.com") for name in ("sqs", "sns", "s3"))],
)
def test_without_ipv4_each_service_is_called_by_a_name_that_has_an_address_of_the_other_kind(
    service: str, domain: str
) -> None:
    assert make_client(service, ipv6=True).meta.endpoint_url == f"https://{service}.eu-central-1.{domain}"
    assert make_client(service).meta.endpoint_url == f"https://{service}.eu-central-1.amazonaws.com"


def test_ipv6_is_tried_though_the_loopback_address_has_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(urllib3.util.connection, "HAS_IPV6", False)
    make_client("sqs")
    assert urllib3.util.connection.allowed_gai_family() == socket.AF_INET
    make_client("sqs", ipv6=True)
    assert urllib3.util.connection.allowed_gai_family() == socket.AF_UNSPEC


def test_what_is_started_is_not_waited_for() -> None:
    client = make_client("lambda")
    with Stubber(client) as stub:
        expected = {"FunctionName": "retention", "InvocationType": "Event", "Payload": b"{}"}
        stub.add_response("invoke", {"StatusCode": 202}, expected)
        FunctionStarter(client)("retention")
        stub.assert_no_pending_responses()
        stub.add_client_error("invoke", "TooManyRequestsException")
        with pytest.raises(Unavailable):
            FunctionStarter(client)("retention")
