"""What can go wrong, each kind as its own class; all are `AnprError`."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final


class AnprError(Exception):
    """The base of all errors of this package; its text is a sentence for a person."""


class Unreachable(AnprError):
    """The backend, or the storage that it sends files to, did not answer, however often it was tried."""


class UnexpectedAnswer(AnprError):
    """What answered is not the backend's API, or one of a version that this package does not know."""


class TimedOut(AnprError):
    """Something that was waited for took longer than it was given."""


class UploadRefused(AnprError):
    """The storage did not take a file.

    Attributes:
        status: HTTP status.
    """

    def __init__(self, detail: str, status: int) -> None:
        super().__init__(detail)
        self.status = status


class InvalidWebhook(AnprError):
    """A webhook's signature is not the backend's, or too old; whoever sent it is not to be trusted."""


@dataclass(frozen=True, slots=True)
class ProblemPart:
    """One thing that is wrong with a request.

    Attributes:
        pointer: JSON pointer into the body, or `/query/…`, `/path/…`, `/header/…`.
        detail: what is wrong with it.
    """

    pointer: str
    detail: str


class ApiError(AnprError):
    """The API refused a request, with a problem document (RFC 9457).

    Attributes:
        status: HTTP status.
        type: which kind of problem, such as `urn:anpr:problem:not-found`; stable, for programs.
        title: the kind in words.
        detail: what happened this time, in words.
        errors: what is wrong with the request's parts.
        request_id: by which the backend's log knows the request.
        retry_after_s: in how many seconds the same request is worth another try; None where it is not.
        document: the whole document.
    """

    def __init__(self, status: int, document: Mapping[str, Any], retry_after_s: float | None = None) -> None:
        self.status = status
        self.type = str(document.get("type", "about:blank"))
        self.title = str(document.get("title", ""))
        self.detail = str(document.get("detail") or document.get("title") or f"HTTP status {status}")
        self.errors = _parts(document.get("errors"))
        self.request_id: str | None = document.get("request_id")
        self.retry_after_s = retry_after_s
        self.document = dict(document)
        super().__init__(self.detail)


class BadRequest(ApiError):
    """The request asks for something that cannot be."""


class Unauthenticated(ApiError):
    """No credentials, or none that are good any more."""


class Forbidden(ApiError):
    """The caller may not do this."""


class NotFound(ApiError):
    """No such thing, or none that the caller may see."""


class Conflict(ApiError):
    """The request collides with the present state."""


class TooLarge(ApiError):
    """The body is larger than the API takes."""


class InvalidPayload(ApiError):
    """The request's content is wrong; `errors` says where."""


class TooManyRequests(ApiError):
    """A rate limit was reached, and waiting did not help in the tries that were given."""


class Unavailable(ApiError):
    """Something that the backend needs is down."""


class NoSuchCamera(AnprError):
    """No camera that the caller may see has this name."""


_BY_STATUS: Final[Mapping[int, type[ApiError]]] = {
    400: BadRequest,
    401: Unauthenticated,
    403: Forbidden,
    404: NotFound,
    409: Conflict,
    413: TooLarge,
    422: InvalidPayload,
    429: TooManyRequests,
    502: Unavailable,
    503: Unavailable,
    504: Unavailable,
}


def api_error(status: int, document: Mapping[str, Any], retry_after_s: float | None = None) -> ApiError:
    """Make the error of a problem document."""
    return _BY_STATUS.get(status, ApiError)(status, document, retry_after_s)


def _parts(errors: object) -> Sequence[ProblemPart]:
    if not isinstance(errors, list):
        return ()
    return tuple(
        ProblemPart(str(error.get("pointer", "")), str(error.get("detail") or ""))
        for error in errors
        if isinstance(error, dict)
    )
