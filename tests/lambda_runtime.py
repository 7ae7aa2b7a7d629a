"""Lambda's runtime API, as far as a function from a container image sees it: one event after the other, over HTTP."""

import json
import os
import queue
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Final
from uuid import uuid4

_INVOCATION: Final = "/2018-06-01/runtime/invocation/"


@dataclass
class Runtime:
    """What the function asks and answers.

    Attributes:
        ready_after_s: how long the function took from its start until it asked for its first event.
    """

    began: float
    ready_after_s: float | None = None
    _events: "queue.Queue[tuple[str, bytes]]" = field(default_factory=queue.Queue)
    _answers: dict[str, "queue.Queue[tuple[str, bytes]]"] = field(default_factory=dict)

    def invoke(self, event: Mapping[str, Any], *, timeout_s: float = 60) -> Any:
        """Have the function handle an event.

        Raises:
            AssertionError: it failed; with what it said.
        """
        request = uuid4().hex
        answer: queue.Queue[tuple[str, bytes]] = queue.Queue()
        self._answers[request] = answer
        self._events.put((request, json.dumps(event).encode()))
        how, body = answer.get(timeout=timeout_s)
        assert how == "response", body.decode()
        return json.loads(body)


def _handler(runtime: Runtime) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            if runtime.ready_after_s is None:
                runtime.ready_after_s = time.monotonic() - runtime.began
            request, event = runtime._events.get()
            headers = {
                "Lambda-Runtime-Aws-Request-Id": request,
                "Lambda-Runtime-Deadline-Ms": str(int(time.time() * 1000) + 29_000),
                "Lambda-Runtime-Invoked-Function-Arn": "arn:aws:lambda:eu-central-1:123456789012:function:reader",
            }
            self._send(200, event, headers)

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("content-length") or 0))
            if self.path.startswith(_INVOCATION):
                request, how = self.path.removeprefix(_INVOCATION).split("/")
                runtime._answers[request].put((how, body))
            else:
                for answer in runtime._answers.values():
                    answer.put(("init", body))
            self._send(202, b'{"status": "OK"}', {})

        def _send(self, status: int, body: bytes, headers: Mapping[str, str]) -> None:
            self.send_response(status)
            for name, value in {
                **headers,
                "content-type": "application/json",
                "content-length": str(len(body)),
            }.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    return Handler


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request: object, client_address: object) -> None:
        """Say nothing: a function that is stopped leaves its question without an answer."""


@contextmanager
def running(handler: str, variables: Mapping[str, str], log: Path) -> Iterator[Runtime]:
    """Start a function as its image does, and stop it.

    Args:
        handler: as the image's command names it.
        variables: its environment, beside this process's own.
        log: takes what it prints.
    """
    runtime = Runtime(time.monotonic())
    server = _Server(("127.0.0.1", 0), _handler(runtime))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    told = {"AWS_LAMBDA_RUNTIME_API": f"127.0.0.1:{server.server_port}", "AWS_LAMBDA_FUNCTION_NAME": "reader"}
    with log.open("wb") as output:
        runtime.began = time.monotonic()
        process = subprocess.Popen(
            [sys.executable, "-m", "awslambdaric", handler],
            env=os.environ | {"_HANDLER": handler} | told | dict(variables),
            stdout=output,
            stderr=output,
        )
        try:
            yield runtime
        finally:
            process.kill()
            process.wait()
            server.shutdown()
            server.server_close()
