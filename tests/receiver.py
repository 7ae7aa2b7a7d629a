"""A webhook receiver on the loopback interface, for tests: real HTTP, signatures checked by the standard's library."""

import http.server
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from time import time
from typing import Any

from standardwebhooks.webhooks import Webhook


@dataclass(frozen=True)
class Received:
    """One request: its headers in lower case, its body, and when it came (`time.time`)."""

    headers: dict[str, str]
    body: bytes
    at: float


@dataclass
class Receiver:
    """Answers each request with `status`, and keeps those that it answered well."""

    status: int = 204
    url: str = ""
    requests: list[Received] = field(default_factory=list)
    taken: list[Received] = field(default_factory=list)

    def verified(self, secret: str) -> list[dict[str, Any]]:
        """The bodies of what was taken; fails where a signature is wrong."""
        return [Webhook(secret).verify(one.body, one.headers) for one in self.taken]


class _Server(http.server.ThreadingHTTPServer):
    daemon_threads = True
    receiver: Receiver

    def handle_error(self, request: object, client_address: object) -> None:
        """A sender that hangs up is not the test's concern."""


class _Handler(http.server.BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["content-length"]))
        received = Received({name.lower(): value for name, value in self.headers.items()}, body, time())
        receiver: Receiver = self.server.receiver  # type: ignore[attr-defined] # the only server it is used with
        receiver.requests.append(received)
        if receiver.status < 300:
            receiver.taken.append(received)
        self.send_response(receiver.status)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Quiet."""


@contextmanager
def listening(port: int = 0) -> Iterator[Receiver]:
    """Run a receiver on a free port, or on the given one."""
    server = _Server(("127.0.0.1", port), _Handler)
    server.receiver = Receiver(url=f"http://127.0.0.1:{server.socket.getsockname()[1]}/hook")
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield server.receiver
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
