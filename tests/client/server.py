"""The API and its storage behind real HTTP on the loopback interface, with faults to order."""

import asyncio
import base64
import json
import re
import threading
from collections import deque
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID, uuid4

from sqlalchemy import update

from anpr.alerts import bolos
from anpr.capture import jobs, passages
from anpr.capture.jobs import Claim, Result
from anpr.capture.passages import RecordedPassage
from anpr.messages import upload_id_of
from anpr.models import Upload, UploadStatus
from anpr.ports import PresignedUpload
from functions.api.aws.host import Handler
from tests.builders import images_of
from tests.functions.api.client import Api
from tests.lambda_context import lambda_context
from tests.memory import MemoryBlobs


@dataclass
class Fault:
    """What is answered to the next request instead of what it would get."""

    status: int
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""


class ServedBlobs(MemoryBlobs):
    """Objects whose forms and links lead to the server."""

    def __init__(self) -> None:
        super().__init__()
        self.base_url = ""
        self.forms = 0
        self.by_put = False

    def presign_upload(self, key: str, *, content_type: str, size_bytes: int, expires_in_s: int) -> PresignedUpload:
        self.forms += 1
        fields = {"key": key, "Content-Type": content_type, "size": str(size_bytes), "form": str(self.forms)}
        expires_at = datetime.now(UTC) + timedelta(seconds=expires_in_s)
        if self.by_put:
            headers = {"Content-Type": content_type}
            return PresignedUpload(f"{self.base_url}/store/{key}", expires_at, "PUT", headers=headers)
        return PresignedUpload(f"{self.base_url}/store", expires_at, fields=fields)

    def presign_get(self, key: str, *, version_id: str | None = None, expires_in_s: int | None = None) -> str:
        return f"{self.base_url}/store/{key}"


@dataclass
class Served:
    """The API over HTTP.

    Attributes:
        url: its address.
        api: what stands behind it.
        blobs: the storage.
        faults: what the API's next requests are answered with instead, in order.
        cuts: after how many bytes of a file the storage hangs up, for the next files in order; None takes one whole.
        refusals: statuses that the storage answers the next files with, in order.
        requests: method and path of each request of the API, in order.
    """

    url: str
    api: Api
    blobs: ServedBlobs
    faults: deque[Fault] = field(default_factory=deque)
    cuts: deque[int | None] = field(default_factory=deque)
    refusals: deque[int] = field(default_factory=deque)
    requests: list[str] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)

    def read(self, upload_id: UUID, *found: RecordedPassage) -> None:
        """Do what a worker does with an upload whose file has come."""
        with self.api.database.transaction() as session:
            held = jobs.claim(session, upload_id, uuid4())
            assert isinstance(held, Claim)
            for passage in found:
                images = images_of(upload_id, passage.passage_no)
                passages.record(session, held, passage, images, matcher=bolos.Matcher())
            jobs.finish(session, held, Result("video", 2.0, 50))

    def expire(self, upload_id: UUID) -> None:
        """Do what the sweep does with an upload whose file has not come."""
        with self.api.database.transaction() as session:
            session.execute(update(Upload).where(Upload.id == upload_id).values(status=UploadStatus.EXPIRED))


class _Server(HTTPServer):
    handler: Handler
    served: Served

    def handle_error(self, request: object, client_address: object) -> None:
        """A client that hangs up is not the test's concern."""


class _Requests(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: _Server

    def _answer(self) -> None:
        served = self.server.served
        address = urlsplit(self.path)
        # One connection, one request: there is one thread, which an idle connection would hold.
        self.close_connection = True
        if address.path.startswith("/store"):
            self._store(address.path)
            return
        length = int(self.headers.get("content-length", 0))
        body = self.rfile.read(length)
        served.requests.append(f"{self.command} {address.path}")
        headers = {name.lower(): value for name, value in self.headers.items()}
        served.headers.append(headers)
        if served.faults:
            fault = served.faults.popleft()
            self._send(fault.status, fault.headers, fault.body)
            return
        event: dict[str, Any] = {
            "version": "2.0",
            "routeKey": "$default",
            "rawPath": address.path,
            "rawQueryString": address.query,
            "headers": headers,
            "requestContext": {
                "requestId": uuid4().hex,
                "stage": "$default",
                "http": {
                    "method": self.command,
                    "path": address.path,
                    "protocol": "HTTP/1.1",
                    "sourceIp": "192.0.2.1",
                },
            },
            "isBase64Encoded": True,
            "body": base64.b64encode(body).decode(),
        }
        answer = self.server.handler(event, lambda_context("api"))
        content = answer.get("body", "")
        plain = base64.b64decode(content) if answer.get("isBase64Encoded") else content.encode()
        self._send(answer["statusCode"], answer.get("headers", {}), plain)

    def __getattr__(self, name: str) -> Any:
        # The server asks for `do_GET` and the like.
        if name.startswith("do_"):
            return self._answer
        raise AttributeError(name)

    def _store(self, path: str) -> None:
        served = self.server.served
        if self.command == "GET":
            content = served.blobs.objects.get(path.removeprefix("/store/"))
            self._send(404 if content is None else 200, {}, content or b"")
            return
        cut = served.cuts.popleft() if served.cuts else None
        if cut is not None:
            self.rfile.read(cut)
            self.connection.close()
            return
        body = self.rfile.read(int(self.headers["content-length"]))
        if served.refusals:
            self._send(served.refusals.popleft(), {}, b"<Error><Code>Refused</Code></Error>")
            return
        if self.command == "PUT":
            # A storage that tells nobody of the file.
            served.blobs.put(path.removeprefix("/store/"), body, content_type=self.headers["content-type"])
            self._send(200, {}, b"")
            return
        key, content = _parts_of(body)
        served.blobs.put(key, content, content_type="application/octet-stream")
        upload_id = upload_id_of(key)
        with served.api.database.transaction() as session:
            session.execute(update(Upload).where(Upload.id == upload_id).values(status=UploadStatus.QUEUED))
        self._send(204, {}, b"")

    def _send(self, status: int, headers: Mapping[str, str], body: bytes) -> None:
        self.send_response(status)
        for name, value in headers.items():
            if name.lower() != "content-length":
                self.send_header(name, value)
        if status != 204:
            self.send_header("Content-Length", str(len(body)))
        self.send_header("Connection", "close")
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Quiet."""


def _parts_of(body: bytes) -> tuple[str, bytes]:
    """Key and content of a posted form."""
    boundary = body.split(b"\r\n", 1)[0]
    fields: dict[str, bytes] = {}
    for part in body.split(b"\r\n" + boundary)[:-1]:
        head, _, content = part.removeprefix(boundary).partition(b"\r\n\r\n")
        name = re.search(rb'name="([^"]+)"', head)
        assert name is not None
        fields[name[1].decode()] = content
    # As S3 has it: the file is the last of the fields.
    assert list(fields)[-1] == "file"
    assert len(fields["file"]) == int(fields["size"])
    return fields["key"].decode(), fields["file"]


@contextmanager
def serving(api: Api) -> Iterator[Served]:
    """Serve an API until the end of the block."""
    blobs = ServedBlobs()
    over = api.with_services(blobs=blobs)
    server = _Server(("127.0.0.1", 0), _Requests)
    served = Served(f"http://127.0.0.1:{server.server_address[1]}", over, blobs)
    blobs.base_url = served.url
    server.handler, server.served = over.handler, served

    def run() -> None:
        # Mangum runs on its thread's event loop.
        loop = asyncio.new_event_loop()
        asyncio.set_event_loop(loop)
        server.serve_forever(poll_interval=0.01)
        loop.run_until_complete(loop.shutdown_default_executor())
        loop.close()

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    try:
        yield served
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def problem(status: int, detail: str, **headers: str) -> Fault:
    """A fault with a problem document."""
    document = {"type": "urn:anpr:problem:x", "title": "X", "status": status, "detail": detail}
    told = {name.replace("_", "-"): value for name, value in headers.items()}
    return Fault(status, {"content-type": "application/problem+json", **told}, json.dumps(document).encode())
