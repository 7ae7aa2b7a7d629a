"""The trace that the work under way belongs to: from a request, by a message, to a job and to what that causes.

What is passed on is a header that names the trace, the work that this was caused by, and whether the trace is recorded
at all. Which kind it is, the place decides that records: on AWS it is X-Ray's,
`Root=1-67891233-abcdef012345678912345678;Parent=53995c3f42cd8ad8;Sampled=1`, elsewhere that of W3C Trace Context,
`00-67891233abcdef012345678912345678-53995c3f42cd8ad8-01`. Whoever passes it on reads nothing in it.
"""

import os
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from contextvars import ContextVar
from typing import Final, Protocol

ATTRIBUTE: Final = "AWSTraceHeader"
"""The attribute that a message carries the header in; SQS counts it to no limit."""

_LAMBDA: Final = "_X_AMZN_TRACE_ID"
"""Where Lambda writes the header of each request before it calls the function."""

_continued: ContextVar[str | None] = ContextVar("trace_header", default=None)


class Span(Protocol):
    """A part of a trace, while it is done."""

    @property
    def header(self) -> str | None:
        """What names it to those that it causes; None where nothing is recorded."""

    def note(self, name: str, value: str) -> None:
        """Say something of it that traces may be searched by."""


class Recorder(Protocol):
    """What records spans."""

    def current_header(self) -> str | None:
        """The header of a span that something else has begun here, such as a web framework; None if none is."""

    def span(self, name: str, header: str | None) -> AbstractContextManager[Span]:
        """Record what is done inside; what it raises is recorded, and raised on.

        Args:
            name: what is done, the same for all that is of one kind.
            header: the span that this belongs to; None begins a trace.
        """


class _Unrecorded:
    """A span where nothing records."""

    header: Final = None

    def note(self, name: str, value: str) -> None:
        """Forget it."""


_recorder: Recorder | None = None


def record_by(recorder: Recorder | None) -> None:
    """Have spans of this process be recorded from now on, or no more."""
    global _recorder  # noqa: PLW0603 - one for the process, as its log is
    _recorder = recorder


def current_header() -> str | None:
    """Give the header to pass on: what was continued here, a request's, or Lambda's; None where nothing is traced."""
    return _continued.get() or (_recorder and _recorder.current_header()) or os.environ.get(_LAMBDA) or None


def current_trace_id() -> str | None:
    """The id of the trace under way, for lines of the log to be found by; None where nothing is traced."""
    header = current_header() or ""
    if header.startswith("Root="):
        return header.partition(";")[0].removeprefix("Root=")
    parts = header.split("-")
    return parts[1] if len(parts) == 4 else None


@contextmanager
def continued(header: str | None) -> Iterator[None]:
    """Do work as a part of the trace that a header names; None changes nothing.

    It holds for this thread alone: one that is started inside begins without it.
    """
    if header is None:
        yield
        return
    token = _continued.set(header)
    try:
        yield
    finally:
        _continued.reset(token)


@contextmanager
def span(name: str, notes: Mapping[str, str] | None = None) -> Iterator[Span]:
    """Record what is done inside as a part of the trace under way, or as a trace of its own, if anything records.

    Args:
        name: what is done, the same for all that is of one kind.
        notes: what traces may be searched by.
    """
    if _recorder is None:
        yield _Unrecorded()
        return
    with _recorder.span(name, current_header()) as begun:
        for key, value in (notes or {}).items():
            begun.note(key, value)
        with continued(begun.header):
            yield begun
