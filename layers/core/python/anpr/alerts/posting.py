"""Who makes the requests that customers' addresses are sent: this process, or another that may do nothing else.

On AWS, what reads the database has no way to the internet. It asks a function that has, and that has no right to
anything, so that whoever might take it over by an answer gains nothing.
"""

from collections.abc import Callable, Mapping
from typing import Any

from pydantic import BaseModel

from anpr.alerts import egress
from anpr.alerts.egress import Answer, EgressPolicy, Resolver, Undelivered

Poster = Callable[[str, bytes, Mapping[str, str]], Answer]
"""Posts a body with headers to a URL; raises `Undelivered` where no answer came."""


class PostRequest(BaseModel):
    """What is asked of the other process."""

    url: str
    body: str
    headers: dict[str, str]


class PostReply(BaseModel):
    """What it found: an answer, or why there was none, in words for the endpoint's owner."""

    answer: Answer | None = None
    undelivered: str | None = None


def direct(policy: EgressPolicy, *, resolve: Resolver = egress.look_up) -> Poster:
    """Make the requests here."""

    def post(url: str, body: bytes, headers: Mapping[str, str]) -> Answer:
        return egress.post(url, body, headers, policy, resolve=resolve)

    return post


def by_call(call: Callable[[dict[str, Any]], dict[str, Any]]) -> Poster:
    """Have them made by another process.

    Args:
        call: hands it a request as JSON, and gives back its reply.
    """

    def post(url: str, body: bytes, headers: Mapping[str, str]) -> Answer:
        request = PostRequest(url=url, body=body.decode(), headers=dict(headers))
        reply = PostReply.model_validate(call(request.model_dump()))
        if reply.answer is None:
            raise Undelivered(reply.undelivered or "The request was not made.")
        return reply.answer

    return post


def serve(event: Mapping[str, Any], post: Poster) -> dict[str, Any]:
    """Do, as that other process, what one call asks for.

    Raises:
        pydantic.ValidationError: it is no `PostRequest`.
    """
    request = PostRequest.model_validate(event)
    try:
        reply = PostReply(answer=post(request.url, request.body.encode(), request.headers))
    except Undelivered as error:
        reply = PostReply(undelivered=str(error))
    return reply.model_dump()
