"""Traces on AWS, for a process that Lambda does not trace by itself: spans as segments of X-Ray's.

Apart from what sends them, since X-Ray's SDK takes a while to import, and no function needs it for that.
"""

import logging
import traceback
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, Final

from aws_xray_sdk.core.models.segment import Segment
from aws_xray_sdk.core.models.subsegment import Subsegment
from aws_xray_sdk.core.models.trace_header import TraceHeader

from anpr.errors import AnprError
from anpr.tracing import Span

_FRAMES_OF_A_FAULT: Final = 10

_logger = logging.getLogger("anpr.telemetry")
_open: ContextVar["_Recorded | None"] = ContextVar("segment", default=None)


class SegmentRecorder:
    """`anpr.tracing.Recorder`: the outermost span is a segment, those inside it are its subsegments.

    A trace that its first service chose not to record is not recorded here either.
    """

    def __init__(self, service: str, send: Callable[[Sequence[str]], None]) -> None:
        """Make the recorder.

        Args:
            service: the process's node on the service map.
            send: takes segment documents.
        """
        self._service = service
        self._send = send

    def current_header(self) -> str | None:
        """Nothing else begins segments here."""
        return None

    @contextmanager
    def span(self, name: str, header: str | None) -> Iterator[Span]:
        """Record what is done inside as a part of what the header names, or of the segment that is open."""
        outer = _open.get()
        if outer is not None:
            part = Subsegment(name, "local", outer.segment)
            outer.segment.add_subsegment(part)
            try:
                yield _Recorded(part, outer.header)
            finally:
                part.close()
            return
        upstream = TraceHeader.from_header_str(header)
        if upstream.sampled == 0:
            yield _Passed(header)
            return
        segment = Segment(self._service, traceid=upstream.root, parent_id=upstream.parent)
        recorded = _Recorded(segment, TraceHeader(root=segment.trace_id, parent=segment.id, sampled=1).to_header_str())
        token = _open.set(recorded)
        try:
            yield recorded
        except Exception as error:
            segment.add_exception(error, traceback.extract_tb(error.__traceback__, limit=_FRAMES_OF_A_FAULT))
            raise
        finally:
            _open.reset(token)
            segment.close()
            self._deliver(segment)

    def _deliver(self, segment: Any) -> None:
        try:
            self._send([segment.serialize()])
        except AnprError as error:
            _logger.warning("a trace was lost: %s", error.detail)


class _Recorded:
    """`anpr.tracing.Span` of a segment, or of a part of one."""

    def __init__(self, segment: Any, header: str | None) -> None:
        self.segment = segment
        self.header = header

    def note(self, name: str, value: str) -> None:
        self.segment.put_annotation(name, value)


class _Passed:
    """`anpr.tracing.Span` of a trace that is not recorded: its header goes on as it is."""

    def __init__(self, header: str | None) -> None:
        self.header = header

    def note(self, name: str, value: str) -> None:
        """Forget it."""
