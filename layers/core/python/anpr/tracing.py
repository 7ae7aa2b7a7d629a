"""The trace that the work under way belongs to, as X-Ray's header says it: from a request, by a message, to a job.

A header names the trace, the work that this was caused by, and whether the trace is recorded at all:
`Root=1-67891233-abcdef012345678912345678;Parent=53995c3f42cd8ad8;Sampled=1`.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Final

ATTRIBUTE: Final = "AWSTraceHeader"
"""The attribute that a message carries the header in; SQS counts it to no limit."""

_LAMBDA: Final = "_X_AMZN_TRACE_ID"
"""Where Lambda writes the header of each request before it calls the function."""

_continued: ContextVar[str | None] = ContextVar("trace_header", default=None)


def current_header() -> str | None:
    """Give the header to pass on: what was continued here, or Lambda's request's; None where nothing is traced."""
    return _continued.get() or os.environ.get(_LAMBDA) or None


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
