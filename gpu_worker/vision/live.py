"""A camera's stream, frame by frame: one connection, and always the newest picture.

A file waits for its reader; a camera does not. So a thread of its own reads and decodes all that comes, and whoever
reads gets the latest frame that is due: where detection is slower than the camera, frames are dropped and the reading
never lags by more than a frame or two.
"""

import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from types import TracebackType
from typing import Final, Self

import av
import av.error
import numpy as np
from av.codec.context import ThreadType
from av.container import InputContainer
from av.video.frame import VideoFrame
from numpy.typing import NDArray

from gpu_worker.vision.geometry import Image
from gpu_worker.vision.live_clock import StreamTimes, WallClock
from gpu_worker.vision.video.orientation import upright
from gpu_worker.vision.video.reader import Frame, StreamLost

# By TCP: a picture that lost packets is read wrongly. A camera may send its client elsewhere, by these protocols only.
_OPTIONS: Final = {"rtsp_transport": "tcp", "protocol_whitelist": "rtsp,rtsps,rtp,tcp,tls,udp"}
_RATE_OVER_S: Final = 5.0
_DARK: Final = 12.0
_FLAT: Final = 4.0
"""Mean and standard deviation of the grey levels (0-255) below which a picture shows nothing."""
_ENCODED_ANEW: Final = 4
"""Levels by which one and the same picture differs when it is encoded twice; a living sensor's noise is more."""


@dataclass(frozen=True, slots=True)
class LiveSettings:
    """How a stream is read.

    Attributes:
        open_timeout_s: longest wait for a connection and its first packets.
        read_timeout_s: longest wait for the next packet.
        max_frame_pixels: largest frame that is accepted.
        frozen_after_s: time after which a picture without any change at all counts as frozen.
        dark_after_s: time after which a picture that shows nothing is worth telling.
    """

    open_timeout_s: float = 10.0
    read_timeout_s: float = 5.0
    max_frame_pixels: int = 36_000_000
    frozen_after_s: float = 30.0
    dark_after_s: float = 60.0


@dataclass(frozen=True, slots=True)
class LiveHealth:
    """How a stream does.

    Attributes:
        connected_at: when its first frame came, seconds since the epoch; None before that.
        last_frame_at: when the latest frame came; None before the first.
        fps_in: frames a second that come, over the last few seconds.
        fps_read: frames a second that are looked at.
        lag_s: age of the frame that was looked at last, when it was handed out.
        dropped: frames that were due and had to make room for a newer one.
        trouble: what is wrong with the picture, in words; None if nothing is.
    """

    connected_at: float | None
    last_frame_at: float | None
    fps_in: float
    fps_read: float
    lag_s: float
    dropped: int
    trouble: str | None


class _Rate:
    """Events a second, over the last few."""

    def __init__(self) -> None:
        self._at: deque[float] = deque(maxlen=400)

    def count(self, now: float) -> None:
        self._at.append(now)

    def per_second(self, now: float) -> float:
        return sum(1 for at in self._at if now - at <= _RATE_OVER_S) / _RATE_OVER_S


@dataclass(frozen=True, slots=True, eq=False)
class _Arrival:
    """A decoded frame that waits to be looked at."""

    index: int
    time_s: float
    arrived: float
    cut: bool
    decoded: VideoFrame


class LiveVideo:
    """One connection to a camera; a `FrameSource`. Iterate `frames` once: it ends with `StreamLost`, or by `close`."""

    def __init__(self, url: str, settings: LiveSettings | None = None) -> None:
        """Connect.

        Args:
            url: `rtsp://` or `rtsps://`, with user and password if the camera asks for them.
            settings: time-outs and bounds.

        Raises:
            StreamLost: the camera cannot be reached, refuses, or sends no video.
        """
        self._settings = settings or LiveSettings()
        container = _open(url, self._settings)
        streams = container.streams.video
        if not streams or streams[0].codec_context is None:
            container.close()
            raise StreamLost("The camera sends no video.")
        self._container: InputContainer | None = container
        self._stream = streams[0]
        # Frame threads would hold each frame back until others have come.
        self._stream.codec_context.thread_type = ThreadType.SLICE
        self.frame_pixels = max(1, self._stream.width * self._stream.height)
        self.decoded = 0
        """Frames decoded so far."""
        self.looked_s = 0.0
        """Time over which frames came, seconds."""
        self.defect: str | None = None
        self._lock = threading.Condition()
        self._closing = threading.Lock()
        self._waiting: _Arrival | None = None
        self._lost: StreamLost | None = None
        self._closed = False
        self._interval_s = 0.0
        self._clock = WallClock()
        self._picture = _Picture(self._settings)
        self._came, self._looked = _Rate(), _Rate()
        self._connected_at: float | None = None
        self._last_frame_at: float | None = None
        self._lag_s, self._dropped = 0.0, 0
        self._thread = threading.Thread(target=self._read, name="stream", daemon=True)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """End the connection; `frames` stops at its next frame. May be called by several threads, more than once."""
        with self._lock:
            self._closed = True
            self._lock.notify_all()
        with self._closing:
            if self._thread.is_alive():
                # It waits for the camera no longer than the time-outs.
                self._thread.join(2 * self._settings.read_timeout_s + 2)
            # The library's own structures bear neither a reader nor a second close; a thread that hangs keeps them.
            if self._container is not None and not self._thread.is_alive():
                self._container.close()
                self._container = None

    def wall_of(self, time_s: float) -> float:
        """When what a frame shows happened, in seconds since the epoch."""
        return self._clock.wall_of(time_s)

    def health(self) -> LiveHealth:
        """How the stream does at the moment; from any thread."""
        now = time.time()
        with self._lock:
            return LiveHealth(
                self._connected_at,
                self._last_frame_at,
                round(self._came.per_second(now), 1),
                round(self._looked.per_second(now), 1),
                round(self._lag_s, 3),
                self._dropped,
                self._picture.trouble(now),
            )

    def frames(self, interval_s: float = 0.0) -> Iterator[Frame]:
        """Give the newest frame each time one is asked for that is at least `interval_s` after the one before.

        Yields:
            Frames in order of time. `cut` is set where the picture's size or the camera's clock has changed.

        Raises:
            StreamLost: nothing comes any more.
        """
        self._interval_s = interval_s
        self._thread.start()
        while True:
            with self._lock:
                self._lock.wait_for(lambda: self._waiting or self._lost or self._closed)
                arrival, self._waiting = self._waiting, None
                if self._closed:
                    return
                if arrival is None:
                    raise self._lost or StreamLost("The stream has ended.")
            image = upright(arrival.decoded)
            now = time.time()
            with self._lock:
                self._picture.look(image, now)
                self._looked.count(now)
                self._lag_s = now - arrival.arrived
                self.looked_s = max(self.looked_s, arrival.time_s)
            yield Frame(arrival.index, arrival.time_s, image, arrival.cut, 0.0, self.looked_s)

    def _read(self) -> None:
        try:
            for arrival in self._arrivals():
                with self._lock:
                    if self._closed:
                        return
                    if self._waiting is not None:
                        self._dropped += 1
                    # A change that nobody has seen yet is one for the next frame too.
                    cut = arrival.cut or (self._waiting is not None and self._waiting.cut)
                    self._waiting = _Arrival(arrival.index, arrival.time_s, arrival.arrived, cut, arrival.decoded)
                    self._lock.notify_all()
            lost = StreamLost("The camera has ended the connection.")
        except av.error.FFmpegError as error:
            lost = StreamLost(words(error, self._settings))
        except StreamLost as error:
            lost = error
        with self._lock:
            self._lost = lost
            self._lock.notify_all()

    def _arrivals(self) -> Iterator[_Arrival]:
        """Decode all that comes, and give what is due."""
        due = 0.0
        size: tuple[int, int] | None = None
        times = StreamTimes()
        for decoded in self._decoded():
            now = time.time()
            stamp = None if decoded.pts is None or decoded.time_base is None else float(decoded.pts * decoded.time_base)
            time_s, restarted = times.of(stamp, now)
            self._clock.note(time_s, now, self._reported(stamp))
            pixels = decoded.width * decoded.height
            if pixels > self._settings.max_frame_pixels:
                raise StreamLost(
                    f"The camera's frames have {decoded.width} x {decoded.height} pixels, which is too many."
                )
            cut = restarted or (size is not None and size != (decoded.width, decoded.height))
            size = (decoded.width, decoded.height)
            with self._lock:
                self._connected_at = self._connected_at or now
                self._last_frame_at = now
                self._came.count(now)
            index, self.decoded = self.decoded, self.decoded + 1
            if cut or time_s >= due - 1e-6:
                due = max(due + self._interval_s, time_s + self._interval_s / 2)
                yield _Arrival(index, time_s, now, cut, decoded)

    def _decoded(self) -> Iterator[VideoFrame]:
        """Decode packet by packet; what is damaged is stepped over, up to the next frame that stands by itself."""
        damaged = False
        container = self._container
        for packet in container.demux(self._stream) if container is not None else ():
            if self._closed:
                return
            if not packet.size:
                continue
            damaged = (damaged or packet.is_corrupt) and not (packet.is_keyframe and not packet.is_corrupt)
            try:
                frames = packet.decode()
            except av.error.FFmpegError:
                damaged = True
                continue
            for frame in frames:
                damaged = damaged or frame.is_corrupt
                if not damaged:
                    yield frame

    def _reported(self, stamp: float | None) -> float | None:
        """When a frame was taken by the camera's own clock, where a sender report (RTCP) has told."""
        started = getattr(self._container, "start_time_realtime", None)
        base = self._stream.start_time
        if not started or stamp is None or base is None or self._stream.time_base is None:
            return None
        return float(started / 1e6 + stamp - float(base * self._stream.time_base))


class _Picture:
    """Tells a frozen and a black picture from one that shows something."""

    def __init__(self, settings: LiveSettings) -> None:
        self._settings = settings
        self._last: NDArray[np.int16] | None = None
        self._moved_at: float | None = None
        self._seen_at: float | None = None

    def look(self, image: Image, now: float) -> None:
        cells = image[::16, ::16].astype(np.int16)
        if (
            self._last is None
            or self._last.shape != cells.shape
            or int(np.abs(cells - self._last).max(initial=0)) > _ENCODED_ANEW
        ):
            self._last, self._moved_at = cells, now
        if cells.mean() >= _DARK or cells.std() >= _FLAT:
            self._seen_at = now
        if self._seen_at is None:
            self._seen_at = now

    def trouble(self, now: float) -> str | None:
        if self._seen_at is not None and now - self._seen_at > self._settings.dark_after_s:
            return "The picture is black."
        if self._moved_at is not None and now - self._moved_at > self._settings.frozen_after_s:
            return f"The picture has not changed for {now - self._moved_at:.0f} s."
        return None


def _open(url: str, settings: LiveSettings) -> InputContainer:
    try:
        return av.open(
            url,
            options=_OPTIONS | {"timeout": str(round(settings.read_timeout_s * 1e6))},
            # The demuxer's own time-out comes first; this one ends what it does not cover.
            timeout=(settings.open_timeout_s, 2 * settings.read_timeout_s),
        )
    except av.error.FFmpegError as error:
        raise StreamLost(words(error, settings)) from None
    except OSError:
        raise StreamLost("The camera cannot be reached.") from None


_WORDS: Final[tuple[tuple[type[BaseException], Callable[[LiveSettings], str]], ...]] = (
    (av.error.HTTPUnauthorizedError, lambda _: "The camera does not accept the user name and password."),
    (av.error.HTTPForbiddenError, lambda _: "The camera forbids access to this stream."),
    (av.error.HTTPNotFoundError, lambda _: "The camera has no stream of this name."),
    (av.error.ConnectionRefusedError, lambda _: "The camera refuses the connection."),
    (av.error.ExitError, lambda s: f"Nothing has come from the camera for {s.read_timeout_s:g} s."),
    (av.error.TimeoutError, lambda s: f"Nothing has come from the camera for {s.read_timeout_s:g} s."),
    (av.error.InvalidDataError, lambda _: "What the camera sends is no video stream."),
    (av.error.ProtocolNotFoundError, lambda _: "The address is of a kind that cannot be read."),
)


def words(error: BaseException, settings: LiveSettings) -> str:
    """Say what an error means, without the address that its own text quotes."""
    for kind, text in _WORDS:
        if isinstance(error, kind):
            return text(settings)
    return "The connection to the camera failed."
