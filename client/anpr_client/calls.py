"""What a request is, when it may be repeated, and what its answer means; nothing here does any input or output."""

import random
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from typing import Any, Final, TypeVar
from urllib.parse import quote, urlsplit
from uuid import UUID

import httpx
from pydantic import TypeAdapter, ValidationError

from anpr_client.errors import AnprError, ApiError, UnexpectedAnswer, Unreachable, api_error

_REPEATABLE: Final = frozenset({"GET", "HEAD", "PUT", "DELETE"})
_OVERLOADED: Final = frozenset({HTTPStatus.BAD_GATEWAY, HTTPStatus.SERVICE_UNAVAILABLE, HTTPStatus.GATEWAY_TIMEOUT})
# The request never left this machine.
_NEVER_SENT: Final = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout)

Answer = TypeVar("Answer")


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """A request to the API.

    Attributes:
        path: below the API's address, its parts quoted.
        params: the query; None leaves a parameter out.
        json: the body, if it is JSON.
        content: the body, if it is anything else.
        repeatable: whether a second one changes nothing more, so that it may be sent again where it is unknown what
            became of the first; by default as HTTP has it for the method.
        anonymous: whether it goes without credentials.
    """

    method: str
    path: str
    params: Mapping[str, object] = field(default_factory=dict)
    json: object = None
    content: bytes | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    repeatable: bool | None = None
    anonymous: bool = False

    @property
    def may_repeat(self) -> bool:
        """Whether it may be sent again where it is unknown what became of it."""
        return self.method in _REPEATABLE if self.repeatable is None else self.repeatable

    def arguments(self) -> dict[str, Any]:
        """What httpx is given besides method and address."""
        given: dict[str, Any] = {"params": _query(self.params), "headers": dict(self.headers)}
        if self.content is not None:
            given["content"] = self.content
        elif self.json is not None:
            given["json"] = plain(self.json)
        return given


@dataclass(frozen=True, slots=True, kw_only=True)
class RetryPolicy:
    """How often and how soon a request is tried again.

    Attributes:
        tries: how often it is sent at most.
        first_pause_s: the longest first pause; each further one is twice as long, and each is drawn at random, so that
            many clients do not come back at once.
        longest_pause_s: the longest pause of this client's own choice.
        longest_wait_s: the longest that the backend's `Retry-After` is obeyed; where it asks for more, the error is
            raised at once.
    """

    tries: int = 5
    first_pause_s: float = 0.5
    longest_pause_s: float = 20.0
    longest_wait_s: float = 120.0

    def pause_s(self, tried: int, wanted: float | None = None) -> float | None:
        """Tell how long to wait before the next try; None where there is to be none.

        Args:
            tried: how often it was sent.
            wanted: the least time that the backend asks for, in seconds.
        """
        if tried >= self.tries or (wanted is not None and wanted > self.longest_wait_s):
            return None
        most = min(self.first_pause_s * 2 ** (tried - 1), self.longest_pause_s)
        # Spreads clients in time; it need not be unguessable.
        drawn = random.uniform(most / 2, most)  # noqa: S311
        return drawn if wanted is None else wanted + drawn / 4

    def after_answer(self, call: Call, response: httpx.Response, tried: int) -> float | None:
        """Tell how long to wait before a request is sent again that was answered; None where it is not to be."""
        wanted = retry_after_s(response)
        if response.status_code == HTTPStatus.TOO_MANY_REQUESTS:
            return self.pause_s(tried, wanted)
        if response.status_code in _OVERLOADED and (call.may_repeat or wanted is not None):
            return self.pause_s(tried, wanted)
        return None

    def after_loss(self, call: Call, error: httpx.TransportError, tried: int) -> float | None:
        """Tell the same of a request that got no answer."""
        return self.pause_s(tried) if call.may_repeat or isinstance(error, _NEVER_SENT) else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """How a client behaves.

    Attributes:
        timeout_s: the longest silence of the API.
        upload_timeout_s: the longest silence of the storage while a file goes there; it acknowledges nothing before the
            file's end.
        retry: how requests are repeated.
        poll_s: pause between two looks at something that is being followed.
    """

    timeout_s: float = 60.0
    upload_timeout_s: float = 600.0
    retry: RetryPolicy = RetryPolicy()
    poll_s: float = 1.0

    def timeout(self, *, upload: bool = False) -> httpx.Timeout:
        """The same for httpx; nothing takes longer than ten seconds to connect to."""
        return httpx.Timeout(self.upload_timeout_s if upload else self.timeout_s, connect=min(10.0, self.timeout_s))


def path_of(*parts: object) -> str:
    """A path of some parts, each quoted."""
    return "".join("/" + quote(str(part), safe="") for part in parts)


def plain(value: object) -> object:
    """Turn ids, times, sets and the like into what JSON has."""
    if isinstance(value, Mapping):
        return {str(name): plain(one) for name, one in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(one) for one in value]
    if isinstance(value, (set, frozenset)):
        return sorted(str(plain(one)) for one in value)
    if isinstance(value, datetime):
        return value.isoformat()
    return str(value) if isinstance(value, UUID) else value


def _query(params: Mapping[str, object]) -> dict[str, Any]:
    told = {}
    for name, value in params.items():
        if value is None or (isinstance(value, (list, tuple, set, frozenset)) and not value):
            continue
        told[name] = str(value).lower() if isinstance(value, bool) else plain(value)
    return told


def retry_after_s(response: httpx.Response) -> float | None:
    """Read `Retry-After`, which is a number of seconds or a date."""
    told = response.headers.get("retry-after")
    if told is None:
        return None
    if told.isdigit():
        return float(told)
    try:
        return max((parsedate_to_datetime(told) - datetime.now(UTC)).total_seconds(), 0.0)
    except (TypeError, ValueError):
        return None


def error_of(response: httpx.Response) -> ApiError:
    """Make the error that a response says."""
    try:
        document = response.json()
    except ValueError:
        document = None
    if not isinstance(document, dict):
        # A gateway's own page, say.
        text = " ".join(response.text.split())[:200]
        document = {"detail": f"The answer had status {response.status_code}: {text or response.reason_phrase}"}
    elif "detail" not in document and "message" in document:
        # API Gateway speaks for itself where the API does not.
        document = {"detail": document["message"], **document}
    return api_error(response.status_code, document, retry_after_s(response))


def lost(url: str, error: Exception) -> Unreachable:
    """Make the error of a request that got no answer."""
    address = urlsplit(url)
    return Unreachable(f"{address.scheme}://{address.netloc} does not answer: {str(error) or type(error).__name__}")


def read(response: httpx.Response, shape: type[Answer]) -> Answer:
    """Take an answer for what it is to be.

    Raises:
        UnexpectedAnswer: it is something else.
    """
    try:
        return TypeAdapter(shape).validate_json(response.content)
    except ValidationError as error:
        found = error.errors()[0]
        where = ".".join(str(part) for part in found["loc"])
        raise UnexpectedAnswer(
            f"{response.request.method} {response.request.url.path} answered something else than expected: "
            f"{where or 'the body'}: {found['msg']}"
        ) from error


def is_here(url: str) -> bool:
    """Tell whether an address is this machine's own, for which no proxy is meant."""
    host = urlsplit(url).hostname or ""
    return host == "localhost" or host.endswith(".localhost") or host.startswith("127.") or host == "::1"


def checked_url(url: str) -> str:
    """The API's address without a slash at its end.

    Raises:
        AnprError: it is no address.
    """
    address = urlsplit(url)
    if address.scheme not in ("http", "https") or not address.hostname:
        raise AnprError(f"{url!r} is no address of an API; it begins with https://.")
    return url.rstrip("/")
