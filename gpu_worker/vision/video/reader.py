"""One track of a video, frame by frame."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, Protocol

import av.error
from av.codec.context import Flags, ThreadType
from av.packet import Packet
from av.video.codeccontext import VideoCodecContext
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

from anpr.errors import AnprError, UnreadableMedia
from gpu_worker.vision.geometry import Image
from gpu_worker.vision.hardware_decoding import DecoderName
from gpu_worker.vision.video.clock import Clock, ClockKind
from gpu_worker.vision.video.container import Source, declared_duration, open_container, size_of, video_tracks
from gpu_worker.vision.video.damage import Continuity, Damage
from gpu_worker.vision.video.limits import MediaLimits, frame_cost
from gpu_worker.vision.video.orientation import Deinterlacer, upright

_BROADCAST: Final = frozenset({"mpegts", "mpeg"})
_MANY_THREADS_UP_TO: Final = 9_000_000
"""Pixels of the largest frames of which several are decoded at a time: each thread holds some."""
_MOSTLY: Final = 0.2
"""Part of the frames without a usable timestamp from which on it is worth mentioning."""
_KEPT_BETWEEN: Final = 4
"""Skipped frames are kept for a closer look where they are at least this part of the interval apart."""
_FEWER_FROM: Final = 4_000_000
"""Pixels of the frames from which on half as many are kept: all that is decoded ahead is held in memory."""


@dataclass(frozen=True, slots=True, eq=False)
class SkippedFrame:
    """A frame that was decoded and is not given: its pixels cost something only where somebody asks for them."""

    index: int
    decoded: VideoFrame
    moment: "_Moment"
    looked_s: float

    def convert(self) -> "Frame":
        """Make it a frame like those that are given."""
        moment = self.moment
        return Frame(self.index, moment.time_s, upright(self.decoded), moment.cut, moment.read, self.looked_s)


@dataclass(frozen=True, slots=True, eq=False)
class Frame:
    """One decoded frame.

    Attributes:
        index: 0-based, counting every frame of the track that was decoded whole, in display order.
        time_s: presentation time relative to the first frame, seconds.
        image: BGR uint8 (height, width, 3), upright: turned and mirrored as the container asks, fields joined.
        cut: something is missing between the frame given before and this one, or the clock was set anew.
        read: part of the file that was read up to here, 0 to 1.
        looked_s: footage that the frames up to here stand for, seconds.
        skipped: a few of the frames between the one given before and this one, in order; none across a cut.
    """

    index: int
    time_s: float
    image: Image
    cut: bool = False
    read: float = 0.0
    looked_s: float = 0.0
    skipped: tuple[SkippedFrame, ...] = ()


class StreamLost(AnprError):
    """A camera's connection is over; `detail` says why, and never where to, since the address holds a password."""

    status, code, title = 503, "stream-lost", "The camera's stream is lost"


class FrameSource(Protocol):
    """What the pipeline takes its frames from: a track of a file, or a camera."""

    @property
    def frame_pixels(self) -> int:
        """The most pixels that a frame has."""

    @property
    def decoded(self) -> int:
        """Frames decoded so far."""

    @property
    def looked_s(self) -> float:
        """Footage that those frames stand for, seconds."""

    @property
    def defect(self) -> str | None:
        """What is wrong with the footage, in words; None if nothing is."""

    def frames(self, interval_s: float) -> Iterator[Frame]:
        """Give frames at least `interval_s` apart, in order of time.

        Raises:
            StreamLost: no more will come, though the vehicles in sight have not gone.
        """


@dataclass(frozen=True, slots=True)
class _Moment:
    """What is known of a decoded frame beside its pixels; as in `Frame`."""

    time_s: float
    span_s: float
    cut: bool
    read: float


class Video:
    """One track of an opened video. Iterate `frames` once; `decoded`, `looked_s` and `defect` then say how it went."""

    def __init__(
        self, source: Source, limits: MediaLimits | None = None, decoder: DecoderName = "cpu", track: int = 0
    ) -> None:
        """Open a file as a video.

        Args:
            source: a path or a seekable binary file; a file object stays open.
            limits: bounds on size and duration.
            decoder: what decodes it.
            track: which of its `tracks`.

        Raises:
            UnreadableMedia: if the file is empty, no video, has no video track or frames that are too large.
        """
        self._limits = limits or MediaLimits()
        self._size_bytes = size_of(source)
        self._container = open_container(source, decoder, self._limits)
        tracks = video_tracks(self._container)
        self.tracks = len(tracks)
        """Tracks of moving pictures in the file, such as a dash camera's front and rear."""
        if not tracks:
            self.close()
            raise UnreadableMedia("The file has no video track.")
        self._stream = tracks[track]
        try:
            self._codec = self._opened(self._stream)
        except UnreadableMedia:
            self.close()
            raise
        self.duration_s = declared_duration(self._container, self._stream)
        """What the file claims to last; None if it does not tell."""
        self._clock = Clock(_clock_kind(self._container.format.name, self._stream))
        self._continuity = Continuity()
        self._damage = Damage()
        self._sent = 0
        self._read = 0.0
        self._missing_s = 0.0
        self._decoded_s = 0.0
        self._ended_by: str | None = None
        self.decoded = 0
        """Frames decoded so far, those that could not be trusted left out."""
        self.looked_s = 0.0
        """Footage that those frames stand for, seconds: gaps do not count, whatever the timestamps say."""

    def _opened(self, stream: VideoStream) -> VideoCodecContext:
        codec = stream.codec_context
        if codec is None:
            raise UnreadableMedia("The video is in a format that cannot be decoded.")
        pixels = stream.width * stream.height
        if pixels > self._limits.max_frame_pixels:
            raise UnreadableMedia(
                f"The video has {stream.width} x {stream.height} pixels a frame; "
                f"at most {self._limits.max_frame_pixels} are accepted."
            )
        self.frame_pixels = self._limits.largest_frame(pixels)
        """The most pixels that any frame has."""
        codec.options = {"max_pixels": str(self._limits.max_frame_pixels)}
        codec.flags |= Flags.copy_opaque
        codec.thread_type = ThreadType.AUTO if pixels <= _MANY_THREADS_UP_TO else ThreadType.SLICE
        return codec

    @property
    def last_time_s(self) -> float:
        """Time of the last decoded frame."""
        return self._clock.time_s

    @property
    def defect(self) -> str | None:
        """What is wrong with the file, and how much of it was not read, in words; None if nothing is."""
        sentences = [self._damage.sentence(self.looked_s), *self._troubles_of_the_clock(), self._ended_by]
        return " ".join(sentence for sentence in sentences if sentence) or None

    def _troubles_of_the_clock(self) -> Iterator[str]:
        clock = self._clock
        if clock.restarts:
            more = f" and {len(clock.restarts) - 1} times more" if len(clock.restarts) > 1 else ""
            yield f"The recording's clock was set anew at {clock.restarts[0]:.1f} s{more}; times go on from there."
        if clock.ticks > 1 and clock.estimated > _MOSTLY * clock.ticks:
            yield "The file's timestamps are missing or of no use; times are estimated from its frame rate."
        if self._missing_s:
            yield f"The recording has gaps: {self._missing_s:.1f} s in it have no frames."

    def close(self) -> None:
        """Release the decoder. A file object given as source stays open."""
        self._container.close()

    def __enter__(self) -> "Video":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def frames(self, interval_s: float = 0.0) -> Iterator[Frame]:
        """Decode the track, giving frames that are at least `interval_s` apart.

        Every frame is decoded and counted (later ones are built on it); only those given are converted to pixels. What
        hangs on damaged data is stepped over.

        Args:
            interval_s: least time between two given frames, seconds; 0 gives all.

        Yields:
            Frames in display order. The first sound frame is always among them, and the first after a cut.

        Raises:
            UnreadableMedia: if not one frame can be decoded.
        """
        due = kept_s = 0.0
        large = self._stream.width * self._stream.height >= _FEWER_FROM
        apart_s = interval_s / (_KEPT_BETWEEN / 2 if large else _KEPT_BETWEEN)
        skipped: list[SkippedFrame] = []
        for decoded, moment in self._whole():
            index, self.decoded = self.decoded, self.decoded + 1
            self.looked_s += moment.span_s
            if moment.cut:
                skipped = []
            elif index and moment.time_s < due - 1e-6:
                if moment.time_s >= kept_s + apart_s - 1e-6:
                    skipped.append(SkippedFrame(index, decoded, moment, self.looked_s))
                    kept_s = moment.time_s
                continue
            # From the due time and not from this frame's, so that the mean rate holds at any frame rate.
            due = max(due + interval_s, moment.time_s + interval_s / 2)
            image = upright(decoded)
            yield Frame(index, moment.time_s, image, moment.cut, moment.read, self.looked_s, tuple(skipped))
            skipped, kept_s = [], moment.time_s
        if not self.decoded:
            raise UnreadableMedia(self.defect or "The video has no frames.")

    def _whole(self) -> Iterator[tuple[VideoFrame, _Moment]]:
        """Give the frames that can be trusted, without combs."""
        deinterlacer: Deinterlacer[_Moment] = Deinterlacer()
        for frame, moment in self._trusted():
            if moment.cut:
                yield from deinterlacer.flush()
            yield from deinterlacer.push(frame, moment)
        yield from deinterlacer.flush()

    def _trusted(self) -> Iterator[tuple[VideoFrame, _Moment]]:
        """Give each frame that hangs on nothing damaged its time, as long as the file costs what it may."""
        left = self._limits.budget(self._size_bytes)
        cut = False
        for frame in self._decode():
            stamp = frame.pts
            tick = self._clock.tick(
                None if stamp is None or frame.time_base is None else float(stamp * frame.time_base)
            )
            left -= frame_cost(frame.width, frame.height)
            self._ended_by = self._excess(frame, left)
            if self._ended_by is not None:
                return
            cut = cut or tick.restarted or tick.gap_s > 0
            if self._is_suspect(frame, tick.span_s):
                self._damage.begin(self._clock.time_s)
                self._damage.lost_s += tick.span_s + tick.gap_s
                cut = True
                continue
            if self._damage.end():
                self._damage.lost_s += tick.gap_s
                cut = True
            else:
                self._missing_s += tick.gap_s
            self._decoded_s += tick.span_s
            yield frame, _Moment(tick.time_s, tick.span_s, cut, self._read)
            cut = False

    def _excess(self, frame: VideoFrame, left: int) -> str | None:
        """Say which limit a file has come to; None if to none."""
        limits = self._limits
        if frame.width * frame.height > self.frame_pixels:
            size = f"{frame.width} x {frame.height}"
            return f"The frames grow to {size} pixels after {self.last_time_s:.1f} s; the rest is not read."
        if left < 0:
            return (
                f"The file unpacks into more pixels than one of its size may; "
                f"it was read up to {self.last_time_s:.1f} s and no further."
            )
        if self._decoded_s > limits.max_duration_s:
            return f"The video is longer than {limits.max_duration_s / 3600:g} hours; the rest is ignored."
        return None

    def _is_suspect(self, frame: VideoFrame, span_s: float) -> bool:
        number = frame.opaque if isinstance(frame.opaque, int) else self._sent - 1 - self._delay
        if frame.is_corrupt:
            self._continuity.broken(number)
        return self._continuity.is_suspect(number, frame.pts, span_s)

    def _decode(self) -> Iterator[VideoFrame]:
        """Decode packet by packet, stepping over damaged ones."""
        failed = 0
        for packet in self._packets():
            if packet.is_corrupt:
                self._damage.begin(self.last_time_s)
            try:
                frames = packet.decode()
            except av.error.FFmpegError as error:
                failed += 1
                self._continuity.broken(self._sent - 1 - self._delay)
                self._damage.begin(self.last_time_s, error.strerror)
                continue
            failed = 0 if frames else failed
            yield from frames
        if failed:  # to the end, so that no later frame tells how long it was
            self._damage.lost_s += failed * self._clock.usual_s
        self._ended_by = self._ended_by or self._cut_off()

    def _packets(self) -> "Iterator[Packet[VideoStream]]":
        packets = self._container.demux(self._stream)
        while True:
            try:
                packet = next(packets)
            except StopIteration:
                return
            except av.error.FFmpegError as error:
                self._ended_by = f"The file is damaged after {self.last_time_s:.1f} s: {error.strerror}."
                return
            if packet.pos is not None and self._size_bytes:
                self._read = min(1.0, max(self._read, packet.pos / self._size_bytes))
            packet.opaque = self._sent
            self._continuity.sent(self._sent, packet.pts, is_key=packet.is_keyframe, is_corrupt=packet.is_corrupt)
            self._sent += 1
            yield packet

    @property
    def _delay(self) -> int:
        """Packets that a decoder takes in before the first one's result: one for each further thread."""
        codec = self._codec
        return codec.thread_count - 1 if codec.thread_type & ThreadType.FRAME and codec.thread_count else 0

    def _cut_off(self) -> str | None:
        clock, declared_s = self._clock, self.duration_s
        if not declared_s or clock.restarts or clock.estimated or self._damage.lost_s:
            return None
        if clock.time_s >= 0.9 * declared_s - 1:
            return None
        return f"The video ends after {clock.time_s:.1f} s of the {declared_s:.1f} s that it claims to last."


def _clock_kind(container: str, stream: VideoStream) -> ClockKind:
    rates = (stream.average_rate, stream.codec_context.framerate)
    plausible = next((float(rate) for rate in rates if rate and rate >= 1), None)
    slow = float(stream.average_rate) if stream.average_rate else None
    resolution_s = float(stream.time_base) if stream.time_base else 0.0
    return ClockKind(plausible or slow, resolution_s, broadcast=container in _BROADCAST)
