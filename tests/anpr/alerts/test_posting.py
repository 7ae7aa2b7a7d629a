"""A request that another process makes comes to the same as one that is made here."""

import json
from ipaddress import ip_network
from typing import Any

import pytest
from pydantic import ValidationError

from anpr.alerts import posting
from anpr.alerts.egress import EgressPolicy, Undelivered
from tests.receiver import listening

LOOPBACK = EgressPolicy((ip_network("127.0.0.0/8"),), connect_timeout_s=1, total_timeout_s=2)
HEADERS = {"webhook-id": "1", "content-type": "application/json"}


def elsewhere(policy: EgressPolicy) -> posting.Poster:
    """The other process, as far away as JSON is."""

    def call(event: dict[str, Any]) -> dict[str, Any]:
        reply: dict[str, Any] = json.loads(
            json.dumps(posting.serve(json.loads(json.dumps(event)), posting.direct(policy)))
        )
        return reply

    return posting.by_call(call)


def test_the_receiver_gets_the_same_and_so_does_who_asked() -> None:
    with listening() as receiver:
        here = posting.direct(LOOPBACK)(receiver.url, '{"plate":"Ä1"}'.encode(), HEADERS)
        there = elsewhere(LOOPBACK)(receiver.url, '{"plate":"Ä1"}'.encode(), HEADERS)

        assert there == here
        first, second = receiver.requests
        assert (first.headers, first.body) == (second.headers, second.body)


def test_what_was_not_delivered_says_why() -> None:
    with pytest.raises(Undelivered, match="public internet"):
        elsewhere(EgressPolicy())("https://127.0.0.1/hook", b"", {})


@pytest.mark.parametrize(
    "event", [{}, {"url": "https://example.org", "body": "x"}, {"url": 1, "body": "", "headers": {}}]
)
def test_what_is_no_request_is_refused(event: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        posting.serve(event, posting.direct(EgressPolicy()))


def test_a_reply_without_an_answer_is_no_delivery() -> None:
    with pytest.raises(Undelivered):
        posting.by_call(lambda _: {})("https://example.org", b"", {})
