import http.server
import socket
import socketserver
import ssl
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from ipaddress import ip_network
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from anpr.alerts import egress
from anpr.alerts.egress import Answer, Blocked, EgressPolicy, Undelivered
from anpr.errors import Unprocessable

LOOPBACK = EgressPolicy((ip_network("127.0.0.0/8"),), connect_timeout_s=2, total_timeout_s=2)
PUBLIC = EgressPolicy()

FORBIDDEN = [
    "0.0.0.0",  # noqa: S104 - refused, not bound
    "10.1.2.3",
    "100.64.0.1",
    "127.0.0.1",
    "127.255.255.254",
    "168.63.129.16",
    "169.254.169.254",
    "172.16.0.1",
    "172.31.255.255",
    "192.0.0.8",
    "192.168.1.1",
    "198.18.0.1",
    "224.0.0.1",
    "240.0.0.1",
    "255.255.255.255",
    "::",
    "::1",
    "::127.0.0.1",
    "::ffff:127.0.0.1",
    "::ffff:169.254.169.254",
    "64:ff9b::a9fe:a9fe",
    "64:ff9b:1::a00:1",
    "2001::1",
    "2001:db8::1",
    "2002:7f00:1::1",
    "3fff::1",
    "fc00::1",
    "fd00:ec2::254",
    "fe80::1",
    "fe80::1%lo",
    "fec0::1",
    "ff02::1",
]


def _resolver(*answers: Sequence[str]) -> tuple[Callable[[str, int], Sequence[str]], list[str]]:
    """A resolver that gives the next of its answers each time it is asked, and what it was asked."""
    asked: list[str] = []

    def resolve(host: str, _port: int) -> Sequence[str]:
        asked.append(host)
        return answers[min(len(asked), len(answers)) - 1]

    return resolve, asked


@pytest.mark.parametrize("address", FORBIDDEN)
def test_no_name_leads_to_a_private_address(address: str) -> None:
    resolve, _ = _resolver([address])
    with pytest.raises(Blocked, match="not on the public internet"):
        egress.post("https://hooks.example.org/", b"", {}, PUBLIC, resolve=resolve)


@pytest.mark.parametrize("address", [address for address in FORBIDDEN if "%" not in address])
def test_no_url_names_a_private_address(address: str) -> None:
    host = f"[{address}]" if ":" in address else address
    with pytest.raises(Unprocessable, match="public internet"):
        egress.checked_url(f"https://{host}/hook", PUBLIC)


@pytest.mark.parametrize("address", ["8.8.8.8", "2606:4700::1111", "::ffff:8.8.8.8", "64:ff9b::808:808"])
def test_public_addresses_may_be_sent_to(address: str) -> None:
    assert egress.checked_url(f"https://{f'[{address}]' if ':' in address else address}/hook", PUBLIC)


@pytest.mark.parametrize("spelling", ["2130706433", "0x7f.1", "127.1", "localhost", "017700000001"])
def test_other_spellings_of_loopback_are_caught_when_resolved(spelling: str) -> None:
    with pytest.raises(Undelivered):
        egress.post(f"https://{spelling}:9/", b"", {}, PUBLIC)


def test_one_private_address_among_public_ones_is_enough_to_refuse() -> None:
    resolve, _ = _resolver(["8.8.8.8", "10.0.0.1"])
    with pytest.raises(Blocked, match=r"10\.0\.0\.1"):
        egress.post("https://hooks.example.org/", b"", {}, PUBLIC, resolve=resolve)


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("http://hooks.example.org/", "https"),
        ("ftp://hooks.example.org/", "https"),
        ("//hooks.example.org/", "https"),
        ("https://", "no host"),
        ("https://hooks.example.org:0/", "port"),
        ("https://hooks.example.org:99999/", "cannot be read"),
        ("https://user:pw@hooks.example.org/", "user name"),
        ("https://hooks.example.org/#part", "fragment"),
        ("https://hooks.example.org/a b", "spaces"),
        ("https://hooks.example.org/\r\nX-Header: 1", "control"),
        ("https://[::1", "cannot be read"),
        ("https://" + "a" * 64 + ".org/", "cannot be read"),
        ("https://hooks.example.org/" + "a" * 2000, "2000"),
    ],
)
def test_urls_that_cannot_be_sent_to_are_refused_in_words(url: str, said: str) -> None:
    with pytest.raises(Unprocessable, match=said):
        egress.checked_url(url, PUBLIC)


class _Handler(http.server.BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["content-length"]))
        server: _Server = self.server  # type: ignore[assignment] # the only server it is used with
        server.received.append((self.path, dict(self.headers), body))
        server.reply(self)

    def log_message(self, *_: object) -> None:
        """Quiet."""


class _Server(http.server.ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, reply: Callable[[http.server.BaseHTTPRequestHandler], None]) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.received: list[tuple[str, dict[str, str], bytes]] = []
        self.reply = reply

    def handle_error(self, request: object, client_address: object) -> None:
        """A client that hangs up is part of these tests."""


@contextmanager
def _serving(server: socketserver.TCPServer) -> Iterator[int]:
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield server.socket.getsockname()[1]
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def _answer(status: int, body: bytes = b"", **headers: str) -> Callable[[http.server.BaseHTTPRequestHandler], None]:
    def reply(handler: http.server.BaseHTTPRequestHandler) -> None:
        handler.send_response(status)
        for name, value in headers.items():
            handler.send_header(name.replace("_", "-"), value)
        handler.send_header("Content-Length", str(len(body)))
        handler.end_headers()
        handler.wfile.write(body)

    return reply


def test_the_connection_is_made_to_the_address_that_was_checked() -> None:
    """A name that changes its answer: the second one, if it were asked for, would be another machine's."""
    server = _Server(_answer(204))
    resolve, asked = _resolver(["127.0.0.1"], ["127.0.0.2"])
    with _serving(server) as port:
        answer = egress.post(
            f"http://hooks.example.org:{port}/in?k=1", b"{}", {"x-test": "1"}, LOOPBACK, resolve=resolve
        )
    assert answer == Answer(204, "")
    assert asked == ["hooks.example.org"]
    [(path, headers, body)] = server.received
    assert (path, headers["Host"], headers["x-test"], body) == ("/in?k=1", f"hooks.example.org:{port}", "1", b"{}")


def test_a_name_that_was_public_and_turns_private_is_refused_at_the_connection() -> None:
    server = _Server(_answer(204))
    with _serving(server) as port:
        url = f"https://hooks.example.org:{port}/"
        assert egress.checked_url(url, PUBLIC)
        resolve, _ = _resolver(["127.0.0.1"])
        with pytest.raises(Blocked):
            egress.post(url, b"", {}, PUBLIC, resolve=resolve)
    assert server.received == []


def test_redirects_are_answers_and_are_not_followed() -> None:
    target = _Server(_answer(200))
    with _serving(target) as target_port:
        server = _Server(_answer(302, Location=f"http://127.0.0.1:{target_port}/"))
        with _serving(server) as port:
            answer = egress.post(f"http://127.0.0.1:{port}/", b"", {}, LOOPBACK)
    assert answer.status == 302
    assert target.received == []


def test_only_the_beginning_of_a_body_is_kept() -> None:
    server = _Server(_answer(500, b"\x00\xff" + b"x" * 100_000, Retry_After="120"))
    with _serving(server) as port:
        answer = egress.post(f"http://127.0.0.1:{port}/", b"", {}, LOOPBACK)
    assert len(answer.excerpt) <= 1024
    assert "\x00" not in answer.excerpt
    assert answer.retry_after_s == 120


@pytest.mark.parametrize(("header", "seconds"), [("999999999999", 3600), ("soon", None), ("-1", None), ("٣", None)])
def test_odd_retry_after_headers(header: str, seconds: int | None) -> None:
    assert egress._retry_after(header) == seconds


@contextmanager
def _raw_server(talk: Callable[[socket.socket, threading.Event], None]) -> Iterator[int]:
    """A server that says what it likes to the first who calls."""
    over = threading.Event()
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def serve() -> None:
            connection, _ = listener.accept()
            with connection:
                connection.recv(65536)
                try:
                    talk(connection, over)
                except OSError:
                    return

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        try:
            yield listener.getsockname()[1]
        finally:
            over.set()
            thread.join()


def _drip(connection: socket.socket, over: threading.Event) -> None:
    connection.sendall(b"HTTP/1.1 200 OK\r\n")
    while not over.wait(0.05):
        connection.sendall(b"X-Drip: 1\r\n")


def _silent(_connection: socket.socket, over: threading.Event) -> None:
    over.wait()


def _babble(connection: socket.socket, _over: threading.Event) -> None:
    connection.sendall(b"220 smtp.example.org ESMTP\r\n")


@pytest.mark.parametrize(
    ("talk", "said"),
    [(_drip, "in time"), (_silent, "in time"), (_babble, "no HTTP")],
)
def test_a_receiver_that_does_not_answer_as_it_should(
    talk: Callable[[socket.socket, threading.Event], None], said: str
) -> None:
    policy = EgressPolicy(LOOPBACK.allow_networks, connect_timeout_s=1, total_timeout_s=0.4)
    with _raw_server(talk) as port, pytest.raises(Undelivered, match=said):
        egress.post(f"http://127.0.0.1:{port}/", b"", {}, policy)


def test_nobody_there() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    with pytest.raises(Undelivered, match="refused"):
        egress.post(f"http://127.0.0.1:{port}/", b"", {}, LOOPBACK)


def test_a_name_that_does_not_resolve() -> None:
    def resolve(_host: str, _port: int) -> Sequence[str]:
        raise OSError

    with pytest.raises(Undelivered, match="cannot be resolved"):
        egress.post("https://hooks.example.org/", b"", {}, PUBLIC, resolve=resolve)


def test_a_resolver_that_hangs_is_left_behind() -> None:
    release = threading.Event()

    def resolve(_host: str, _port: int) -> Sequence[str]:
        release.wait(10)
        return []

    policy = EgressPolicy(connect_timeout_s=0.1)
    with pytest.raises(Undelivered, match=r"within 0\.1 s"):
        egress.post("https://hooks.example.org/", b"", {}, policy, resolve=resolve)
    release.set()


def _certificate(folder: Path, name: str) -> Path:
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    pem = folder / "server.pem"
    pem.write_bytes(
        made.public_bytes(serialization.Encoding.PEM)
        + key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    return pem


@pytest.mark.parametrize("host", ["hooks.example.org", "other.example.org"])
def test_the_certificate_must_be_the_name_s(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, host: str) -> None:
    pem = _certificate(tmp_path, "hooks.example.org")
    monkeypatch.setenv("SSL_CERT_FILE", str(pem))
    server = _Server(_answer(200, b"taken"))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pem)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    resolve, _ = _resolver(["127.0.0.1"])
    with _serving(server) as port:
        url = f"https://{host}:{port}/"
        if host == "hooks.example.org":
            assert egress.post(url, b"", {}, LOOPBACK, resolve=resolve) == Answer(200, "taken")
        else:
            with pytest.raises(Undelivered, match="certificate"):
                egress.post(url, b"", {}, LOOPBACK, resolve=resolve)
