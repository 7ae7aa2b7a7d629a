"""The function that makes the requests: the networks that it may reach are its own settings, whoever asks."""

import json

import pytest

from functions.webhook_poster import handler as poster
from tests.lambda_context import lambda_context
from tests.receiver import listening


@pytest.fixture(autouse=True)
def _fresh() -> None:
    poster._post.cache_clear()


def test_it_posts_what_it_is_asked_to(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ANPR_WEBHOOK_ALLOW_NETWORKS", json.dumps(["127.0.0.0/8"]))
    with listening() as receiver:
        reply = poster.handler(
            {"url": receiver.url, "body": "{}", "headers": {"webhook-id": "1"}}, lambda_context("webhook_poster")
        )

        assert reply["answer"]["status"] == 204
        assert len(receiver.requests) == 1


def test_it_reaches_no_private_network_of_itself() -> None:
    with listening() as receiver:
        url = receiver.url.replace("http:", "https:")
        reply = poster.handler({"url": url, "body": "{}", "headers": {}}, lambda_context("webhook_poster"))

        assert reply["answer"] is None
        assert "public internet" in reply["undelivered"]
        assert receiver.requests == []


def test_a_call_that_asks_for_nothing_wakes_it() -> None:
    assert poster.handler({"Records": []}, lambda_context("webhook_poster")) == {}
