"""A camera for tests: plays H.264 for ever over RTSP, by interleaved TCP alone, and fails when it is asked to."""

import base64
import hashlib
import secrets
import socketserver
import struct
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Literal, Self

import av

_MTU: Final = 1400
_TICKS: Final = 90_000
_NTP: Final = 2_208_988_800
"""Seconds from NTP's epoch to Unix's."""

Fault = Literal["stall", "cut"]


class Clip:
    """A clip's access units as lists of NAL units, with their times in ticks."""

    def __init__(self, path: Path) -> None:
        self.units: list[tuple[int, list[bytes]]] = []
        with av.open(str(path)) as container:
            stream = container.streams.video[0]
            length_prefixed = (stream.codec_context.extradata or b"")[:1] == b"\x01"
            convert = av.BitStreamFilterContext("h264_mp4toannexb", stream) if length_prefixed else None
            for packet in container.demux(stream):
                for part in convert.filter(packet) if convert else [packet]:
                    if part.size and part.pts is not None and part.time_base is not None:
                        self.units.append((int(part.pts * part.time_base * _TICKS), _nals(bytes(part))))
            rate = float(stream.average_rate or 25)
        times = [ticks for ticks, _ in self.units]
        self.first = min(times)
        self.length = max(times) - self.first + round(_TICKS / rate)
        flat = [nal for _, unit in self.units for nal in unit]
        self.sps = next(nal for nal in flat if nal[0] & 31 == 7)
        self.pps = next(nal for nal in flat if nal[0] & 31 == 8)


def _nals(data: bytes) -> list[bytes]:
    starts = []
    at = data.find(b"\0\0\1")
    while at >= 0:
        starts.append(at)
        at = data.find(b"\0\0\1", at + 3)
    ends = [*starts[1:], len(data)]
    found = [data[start + 3 : end].rstrip(b"\0") for start, end in zip(starts, ends, strict=True)]
    return [nal for nal in found if nal and nal[0] & 31 != 9]


def _payloads(nal: bytes) -> Iterator[bytes]:
    """RTP payloads of a NAL unit: itself, or fragments (FU-A of RFC 6184)."""
    if len(nal) <= _MTU:
        yield nal
        return
    head, body = nal[0], nal[1:]
    for at in range(0, len(body), _MTU - 2):
        first, last = at == 0, at + _MTU - 2 >= len(body)
        flags = (0x80 if first else 0) | (0x40 if last else 0) | head & 31
        yield bytes([head & 0xE0 | 28, flags]) + body[at : at + _MTU - 2]


@dataclass
class RtspCamera:
    """Serves `clips` in turn, one a connection, the last one for ever after; change `fault` at any time."""

    clips: list[Path]
    user: str | None = None
    password: str = ""
    fault: Fault | None = None
    connections: int = 0
    sent: int = 0
    """Pictures that went to whoever is connected."""
    laps: list[tuple[float, float]] = field(default_factory=list)
    """When each round of a clip began and ended (Unix time) that was sent without a break."""

    def __post_init__(self) -> None:
        self._loaded = [Clip(path) for path in self.clips]
        self._nonce = secrets.token_hex(8)
        camera = self

        class Handler(socketserver.StreamRequestHandler):
            def handle(self) -> None:
                with suppress(OSError):
                    _Client(camera, self).serve()

        class Server(socketserver.ThreadingTCPServer):
            allow_reuse_address = True
            daemon_threads = True

        def make(port: int) -> socketserver.ThreadingTCPServer:
            return Server(("127.0.0.1", port), Handler)

        self._make = make
        self._server = make(0)
        self.port: int = self._server.server_address[1]

    @property
    def url(self) -> str:
        login = f"{self.user}:{self.password}@" if self.user else ""
        return f"rtsp://{login}127.0.0.1:{self.port}/cam"

    def __enter__(self) -> Self:
        self._begin()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.end()

    def end(self) -> None:
        """Stop answering; connections are cut."""
        self.fault = "cut"
        self._server.shutdown()
        self._server.server_close()

    def again(self) -> None:
        """Answer again, at the same port."""
        self.fault = None
        self._server = self._make(self.port)
        self._begin()

    def show(self, path: Path) -> None:
        """Play another clip, from the next connection on."""
        self._loaded = [Clip(path)]

    def _begin(self) -> None:
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()

    def next_clip(self) -> Clip:
        clip = self._loaded[min(self.connections, len(self._loaded) - 1)]
        self.connections += 1
        return clip

    def admits(self, method: str, header: str) -> bool:
        """Whether a request has the right digest (RFC 2617, without qop)."""
        parts = dict(
            part.strip().replace('"', "").split("=", 1)
            for part in header.removeprefix("Digest").split(",")
            if "=" in part
        )
        secret = _md5(f"{self.user}:cam:{self.password}")
        request = _md5(f"{method}:{parts.get('uri', '')}")
        return parts.get("response") == _md5(f"{secret}:{self._nonce}:{request}")

    @property
    def challenge(self) -> str:
        return f'Digest realm="cam", nonce="{self._nonce}"'


def _md5(text: str) -> str:
    return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()


class _Client:
    """One connection."""

    def __init__(self, camera: RtspCamera, handler: socketserver.StreamRequestHandler) -> None:
        self._camera = camera
        self._in, self._out = handler.rfile, handler.wfile
        self._socket = handler.connection
        self._lock = threading.Lock()
        self._session = secrets.token_hex(4)
        self._clip = camera.next_clip()
        self._playing = False

    def serve(self) -> None:
        while (first := self._in.read(1)) and self._camera.fault != "cut":
            if first == b"$":  # the client's reports
                self._in.read(struct.unpack(">BH", self._in.read(3))[1])
                continue
            line = (first + self._in.readline()).decode().split()
            headers: dict[str, str] = {}
            while text := self._in.readline().decode().strip():
                name, _, value = text.partition(":")
                headers[name.lower()] = value.strip()
            if line and not self._answer(line[0], line[1], headers):
                return

    def _answer(self, method: str, uri: str, headers: dict[str, str]) -> bool:
        camera, sequence = self._camera, headers.get("cseq", "0")
        if camera.user and method != "OPTIONS" and not camera.admits(method, headers.get("authorization", "")):
            self._send(sequence, "401 Unauthorized", {"WWW-Authenticate": camera.challenge})
        elif method == "OPTIONS":
            self._send(sequence, extra={"Public": "OPTIONS, DESCRIBE, SETUP, PLAY, TEARDOWN"})
        elif method == "DESCRIBE":
            base = {"Content-Type": "application/sdp", "Content-Base": uri.rstrip("/") + "/"}
            self._send(sequence, extra=base, body=self._description())
        elif method == "SETUP":
            transport = "RTP/AVP/TCP;unicast;interleaved=0-1"
            self._send(sequence, extra={"Transport": transport, "Session": f"{self._session};timeout=30"})
        elif method == "PLAY":
            self._send(sequence, extra={"Session": self._session, "Range": "npt=0.000-"})
            if not self._playing:
                self._playing = True
                threading.Thread(target=self._play, daemon=True).start()
        else:
            self._send(sequence, extra={"Session": self._session})
        return method != "TEARDOWN"

    def _description(self) -> str:
        sets = ",".join(base64.b64encode(nal).decode() for nal in (self._clip.sps, self._clip.pps))
        profile = self._clip.sps[1:4].hex()
        return (
            "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=cam\r\nt=0 0\r\na=control:*\r\nm=video 0 RTP/AVP 96\r\n"
            f"a=rtpmap:96 H264/{_TICKS}\r\n"
            f"a=fmtp:96 packetization-mode=1;profile-level-id={profile};sprop-parameter-sets={sets}\r\n"
            "a=control:track1\r\n"
        )

    def _send(self, sequence: str, status: str = "200 OK", extra: dict[str, str] | None = None, body: str = "") -> None:
        fields = {"CSeq": sequence, **(extra or {}), **({"Content-Length": str(len(body))} if body else {})}
        text = f"RTSP/1.0 {status}\r\n" + "".join(f"{name}: {value}\r\n" for name, value in fields.items()) + "\r\n"
        with self._lock:
            self._out.write((text + body).encode())

    def _play(self) -> None:
        with suppress(OSError):
            _Sender(self._out, self._lock, self._camera).play(self._clip)
        with suppress(OSError):
            self._socket.shutdown(2)


class _Sender:
    """Sends a clip's units at their time, round after round."""

    def __init__(self, out: Any, lock: threading.Lock, camera: RtspCamera) -> None:
        self._out = out
        self._lock = lock
        self._camera = camera
        self._sequence = secrets.randbelow(60_000)
        self._source = secrets.randbits(32)
        self._offset = secrets.randbits(30)
        self._reported = 0.0

    def play(self, clip: Clip) -> None:
        start, lap = time.monotonic(), 0
        while True:
            began, whole = time.time(), True
            for ticks, unit in clip.units:
                since = ticks - clip.first + lap * clip.length
                time.sleep(max(0.0, start + since / _TICKS - time.monotonic()))
                while self._camera.fault == "stall":
                    time.sleep(0.05)
                    start += 0.05
                    whole = False
                if self._camera.fault == "cut":
                    return
                key = any(nal[0] & 31 == 5 for nal in unit)
                self._send([clip.sps, clip.pps, *unit] if key else unit, (self._offset + since) & 0xFFFFFFFF)
            lap += 1
            # What is sent is over when the next picture would come.
            time.sleep(max(0.0, start + lap * clip.length / _TICKS - time.monotonic()))
            if whole:
                self._camera.laps.append((began, time.time()))

    def _send(self, unit: list[bytes], stamp: int) -> None:
        data = bytearray(self._report(stamp))
        parts = [part for nal in unit for part in _payloads(nal)]
        for number, part in enumerate(parts, start=1):
            marker = 0x80 if number == len(parts) else 0
            head = struct.pack(">BBHII", 0x80, 96 | marker, self._sequence & 0xFFFF, stamp, self._source)
            data += struct.pack(">cBH", b"$", 0, len(head) + len(part)) + head + part
            self._sequence += 1
        with self._lock:
            self._out.write(bytes(data))
        self._camera.sent += 1

    def _report(self, stamp: int) -> bytes:
        """A sender report now and then: the wall clock's time of a time stamp."""
        if time.monotonic() - self._reported < 5:
            return b""
        self._reported = time.monotonic()
        now = time.time() + _NTP
        report = struct.pack(
            ">BBHIIIIII", 0x80, 200, 6, self._source, int(now), int(now % 1 * 2**32), stamp, self._sequence, 0
        )
        return struct.pack(">cBH", b"$", 1, len(report)) + report
