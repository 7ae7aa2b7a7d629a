"""Frames as they are meant to be shown: upright, not mirrored, without the comb of two fields."""

import struct
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, Generic, TypeVar

import av.error
import numpy as np
from av.filter import Graph
from av.sidedata.sidedata import Type
from av.video.frame import VideoFrame

from gpu_worker.vision.geometry import Image

Note = TypeVar("Note")

_MATRIX: Final = struct.Struct("=9i")


@dataclass(frozen=True, slots=True)
class Orientation:
    """How a stored picture becomes the one to be shown: first transposed, then mirrored.

    Attributes:
        transposed: rows become columns.
        left_right: mirrored left to right.
        upside_down: mirrored top to bottom.
    """

    transposed: bool = False
    left_right: bool = False
    upside_down: bool = False

    def applied(self, image: Image) -> Image:
        """Return the picture to be shown, of an image (height, width, 3)."""
        if self.transposed:
            image = np.swapaxes(image, 0, 1)
        if self.left_right:
            image = image[:, ::-1]
        if self.upside_down:
            image = image[::-1]
        return np.ascontiguousarray(image)


def orientation(frame: VideoFrame) -> Orientation:
    """Read a frame's display matrix; skew angles count as the nearest right one, and a matrix of zeros as none."""
    data = frame.side_data.get(Type.DISPLAYMATRIX)  # type: ignore[call-overload]  # its keys are of that type
    if data is None or len(bytes(data)) != _MATRIX.size:
        return Orientation()
    # A point (x, y) is shown at (a*x + c*y, b*x + d*y).
    a, b, _, c, d, *_ = _MATRIX.unpack(bytes(data))
    if abs(a) + abs(d) >= abs(b) + abs(c):
        return Orientation(left_right=a < 0, upside_down=d < 0)
    return Orientation(transposed=True, left_right=c < 0, upside_down=b < 0)


def upright(frame: VideoFrame) -> Image:
    """Convert a decoded frame to BGR uint8 (height, width, 3), turned and mirrored as its file asks."""
    # By default the library starts a thread for each processor, and ends it again, for every single frame: that takes
    # longer than the conversion, and each thread has the system keep memory apart for it.
    image = np.asarray(frame.to_ndarray(format="bgr24", threads=1), np.uint8)
    return orientation(frame).applied(image)


class Deinterlacer(Generic[Note]):
    """Makes whole pictures of frames that are two fields, taken one after the other; others pass as they are.

    The filter looks at the frames around each, so it gives a frame late; what is noted of a frame comes with it. It
    is not used before the first frame that is flagged as interlaced: progressive video costs nothing.
    """

    def __init__(self) -> None:
        self._graph: Graph | None = None
        self._shape: tuple[int, int, str] | None = None
        self._notes: deque[tuple[VideoFrame, Note]] = deque()

    def push(self, frame: VideoFrame, note: Note) -> Iterator[tuple[VideoFrame, Note]]:
        """Take in the next frame.

        Yields:
            Frames that are ready, in order, each with its note.
        """
        shape = (frame.width, frame.height, frame.format.name)
        if self._graph is not None and shape != self._shape:
            yield from self.flush()
        if self._graph is None:
            if not frame.interlaced_frame:
                yield frame, note
                return
            self._graph, self._shape = _graph(frame), shape
        self._notes.append((frame, note))
        self._graph.vpush(frame)
        yield from self._pull()

    def flush(self) -> Iterator[tuple[VideoFrame, Note]]:
        """Give what is held back; what comes next has nothing to do with it."""
        if self._graph is not None:
            self._graph.vpush(None)
            yield from self._pull()
            yield from self._notes
        self._graph = None
        self._notes.clear()

    def _pull(self) -> Iterator[tuple[VideoFrame, Note]]:
        while self._graph is not None and self._notes:
            try:
                made = self._graph.vpull()
            except (av.error.BlockingIOError, av.error.EOFError):
                return
            _, note = self._notes.popleft()
            yield made, note


def _graph(frame: VideoFrame) -> Graph:
    graph = Graph()
    source = graph.add_buffer(
        width=frame.width, height=frame.height, format=frame.format, time_base=frame.time_base, name="in"
    )
    graph.link_nodes(source, graph.add("bwdif", "mode=send_frame:deint=interlaced"), graph.add("buffersink"))
    graph.configure()
    return graph
