"""Every error the backend raises on purpose, each with the HTTP status it means.

One renderer turns them into RFC 9457 problem+json; the worker stores `detail` as a job's failure reason. So `detail` is
always a sentence that the person at the other end can act on, and never holds an internal detail.
"""

from typing import ClassVar, Final

_DEEPEST: Final = 10
_LONGEST: Final = 300


class AnprError(Exception):
    """The base of all expected errors.

    Attributes:
        status: HTTP status code.
        code: stable machine-readable name; the last part of the problem's `type`.
        title: what kind of problem this is, the same for every occurrence.
        detail: what happened this time, in words for a person.
        extra: further members of the problem document (RFC 9457, section 3.2).
        retry_after_s: in how many seconds the same request is worth another try; None where it is not.
    """

    status: ClassVar[int] = 500
    code: ClassVar[str] = "internal-error"
    title: ClassVar[str] = "Internal error"
    retry_after_s: int | None = None

    def __init__(self, detail: str, **extra: object) -> None:
        super().__init__(detail)
        self.detail = detail
        self.extra = extra

    @property
    def explained(self) -> str:
        """For a log, and no client: the detail with what lies at the bottom of it, such as an expired certificate."""
        bottom: BaseException = self
        for _ in range(_DEEPEST):
            below = bottom.__cause__ or (None if bottom.__suppress_context__ else bottom.__context__)
            if below is None:
                break
            bottom = below
        if bottom is self:
            return self.detail
        said = (str(bottom) or repr(bottom)).splitlines()[0][:_LONGEST]
        return f"{self.detail} ({said})"


class BadRequest(AnprError):
    """The request is well-formed but asks for something that cannot be."""

    status, code, title = 400, "bad-request", "Bad request"


class Unauthenticated(AnprError):
    """No credentials, or credentials that are wrong, expired or revoked."""

    status, code, title = 401, "unauthenticated", "Authentication required"


class Forbidden(AnprError):
    """The caller is known, and may not do this."""

    status, code, title = 403, "forbidden", "Forbidden"


class NotFound(AnprError):
    """No such thing, or none that the caller may see."""

    status, code, title = 404, "not-found", "Not found"


class Conflict(AnprError):
    """The request collides with the present state."""

    status, code, title = 409, "conflict", "Conflict"


class TooSlow(AnprError):
    """The body did not come in time."""

    status, code, title = 408, "too-slow", "Too slow"


class TooLarge(AnprError):
    """The body is larger than what is taken in one request."""

    status, code, title = 413, "too-large", "Too large"


class Unprocessable(AnprError):
    """The payload is invalid in a way that its schema cannot express."""

    status, code, title = 422, "invalid-payload", "Invalid payload"


class TooManyRequests(AnprError):
    """A rate limit was reached; `retry_after_s` says when to try again."""

    status, code, title = 429, "too-many-requests", "Too many requests"

    def __init__(self, detail: str, *, retry_after_s: int, **extra: object) -> None:
        super().__init__(detail, **extra)
        self.retry_after_s = retry_after_s


class NotOffered(AnprError):
    """The deployment leaves this to another service; `detail` says to which."""

    status, code, title = 501, "not-offered", "Not offered here"


class Unavailable(AnprError):
    """Something this request needs is down or still starting; the same request may work later."""

    status, code, title = 503, "unavailable", "Temporarily unavailable"
    retry_after_s = 5


class UnreadableMedia(AnprError):
    """An uploaded file that holds no picture that can be decoded."""

    status, code, title = 422, "unreadable-media", "The file cannot be read"
