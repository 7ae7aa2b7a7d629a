"""HTTP requests to addresses that customers name: never to anything but the public internet.

A name is resolved once for each request. Every address it has is checked, and the connection is made to a checked one,
under the name's certificate: a name whose answer changes between the check and the connection gains nothing, for there
is no second look-up. Redirects are not followed and no proxy is asked.
"""

import http.client
import ipaddress
import queue
import socket
import ssl
import threading
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network
from time import monotonic
from typing import Final
from urllib.parse import SplitResult, urlsplit

from anpr.errors import Unprocessable
from anpr.settings import WebhookSettings

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network
Resolver = Callable[[str, int], Sequence[str]]
"""Gives the addresses of a host, as texts; raises `OSError` where it has none."""

MAX_URL_LENGTH: Final = 2000
_EXCERPT_BYTES: Final = 1024
_MAX_RETRY_AFTER_S: Final = 3600

# IANA's special-purpose registries, written out: what Python's `is_global` says changed between its releases.
_FORBIDDEN_V4: Final = tuple(
    IPv4Network(network)
    for network in (
        "0.0.0.0/8",
        "10.0.0.0/8",
        "100.64.0.0/10",
        "127.0.0.0/8",
        "168.63.129.16/32",  # one cloud's host services, on a public address
        "169.254.0.0/16",
        "172.16.0.0/12",
        "192.0.0.0/24",
        "192.0.2.0/24",
        "192.88.99.0/24",
        "192.168.0.0/16",
        "198.18.0.0/15",
        "198.51.100.0/24",
        "203.0.113.0/24",
        "224.0.0.0/4",
        "240.0.0.0/4",
    )
)
_GLOBAL_V6: Final = IPv6Network("2000::/3")
_FORBIDDEN_V6: Final = tuple(
    IPv6Network(network)
    for network in (
        "2001::/23",  # protocol assignments, Teredo among them
        "2001:db8::/32",
        "2002::/16",  # 6to4: a tunnel to any IPv4 address
        "3fff::/20",
    )
)
_NAT64: Final = IPv6Network("64:ff9b::/96")


class Undelivered(Exception):
    """No answer came; the text says why, for the endpoint's owner to read."""


class Blocked(Undelivered):
    """The request was not made, because of where it would have gone."""


@dataclass(frozen=True, slots=True)
class EgressPolicy:
    """Where requests may go and how long they may take.

    Attributes:
        allow_networks: private networks that are allowed all the same, by plain http too.
        connect_timeout_s: limit for the look-up, for the connection and for the TLS handshake, each.
        total_timeout_s: limit from the connection to the end of the answer.
    """

    allow_networks: tuple[Network, ...] = ()
    connect_timeout_s: float = 5.0
    total_timeout_s: float = 15.0


def policy_of(settings: WebhookSettings) -> EgressPolicy:
    """Where webhooks may go, and how long they may take."""
    return EgressPolicy(settings.allow_networks, settings.connect_timeout_s, settings.total_timeout_s)


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back.

    Attributes:
        status: HTTP status code.
        excerpt: the beginning of the body, as text.
        retry_after_s: when the receiver asks to be tried again, if it says so; an hour at most.
    """

    status: int
    excerpt: str
    retry_after_s: int | None = None


def checked_url(url: str, policy: EgressPolicy) -> SplitResult:
    """Check what can be known of a URL without looking its name up.

    Raises:
        Unprocessable: with what is wrong, in words, and a pointer to `url`.
    """
    if len(url) > MAX_URL_LENGTH or not url.isprintable() or " " in url:
        raise _refusal(f"The URL has spaces or control characters, or more than {MAX_URL_LENGTH} characters.")
    try:
        parts = urlsplit(url)
        port = parts.port
        host = (parts.hostname or "").encode("idna").decode() if parts.hostname else ""
    except (ValueError, UnicodeError) as error:
        raise _refusal("The URL cannot be read.") from error
    if parts.scheme not in ({"https", "http"} if policy.allow_networks else {"https"}):
        raise _refusal("The URL must begin with https://.")
    if not host or port == 0:
        raise _refusal("The URL names no host, or an impossible port.")
    if parts.username is not None or parts.password is not None:
        raise _refusal("The URL must hold no user name or password; the signature tells who sends.")
    if parts.fragment:
        raise _refusal("The URL must have no fragment (#…); it would not be sent.")
    with suppress(ValueError):
        address = ipaddress.ip_address(host)
        if not is_allowed(address, policy):
            raise _refusal("The URL's address is not on the public internet.")
    return parts


def _refusal(detail: str) -> Unprocessable:
    return Unprocessable(detail, errors=[{"pointer": "/url", "detail": detail}])


def is_allowed(address: Address, policy: EgressPolicy) -> bool:
    """Tell whether a request may go to an address: a public one, or one of the policy's networks."""
    address = _inner(address)
    if _is_named(address, policy):
        return True
    if isinstance(address, IPv4Address):
        return not any(address in network for network in _FORBIDDEN_V4)
    return address in _GLOBAL_V6 and not any(address in network for network in _FORBIDDEN_V6)


def _is_named(address: Address, policy: EgressPolicy) -> bool:
    return any(address.version == network.version and address in network for network in policy.allow_networks)


def _inner(address: Address) -> Address:
    """The IPv4 address that an IPv6 address stands for, where the network translates it."""
    if isinstance(address, IPv6Address):
        if address.ipv4_mapped is not None:
            return address.ipv4_mapped
        if address in _NAT64:
            return IPv4Address(int(address) & 0xFFFFFFFF)
    return address


def look_up(host: str, port: int) -> Sequence[str]:
    """Ask the system's resolver for a host's addresses."""
    return [str(entry[4][0]) for entry in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)]


def post(
    url: str, body: bytes, headers: Mapping[str, str], policy: EgressPolicy, *, resolve: Resolver = look_up
) -> Answer:
    """Send one POST request.

    Args:
        url: as `checked_url` takes it.
        body: what to send.
        headers: in addition to Host and Content-Length.
        policy: where to and how long.
        resolve: how to look a name up.

    Returns:
        The answer, whatever its status; a redirect is an answer like any other.

    Raises:
        Blocked: an address of the host is not one to be sent to.
        Undelivered: there was no answer, or none in time.
    """
    try:
        parts = checked_url(url, policy)
    except Unprocessable as error:
        raise Blocked(error.detail) from error
    host = (parts.hostname or "").encode("idna").decode()
    tls = parts.scheme == "https"
    port = parts.port or (443 if tls else 80)
    addresses = allowed_addresses(host, port, policy, resolve=resolve)
    if not tls and not all(_is_named(_inner(address), policy) for address in addresses):
        raise Blocked("Plain http is only for the networks that the settings name.")
    connection = _Connection(host, port, addresses=addresses, tls=tls, timeout_s=policy.connect_timeout_s)
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    try:
        return _exchange(connection, target, body, headers, policy.total_timeout_s)
    except ssl.SSLCertVerificationError as error:
        raise Undelivered(f"The receiver's certificate is not accepted: {error.verify_message}.") from error
    except (OSError, http.client.HTTPException) as error:
        raise Undelivered(_words(error, connection)) from error
    finally:
        connection.close()


def allowed_addresses(host: str, port: int, policy: EgressPolicy, *, resolve: Resolver = look_up) -> list[Address]:
    """Look a host up, and refuse it where one of its addresses is not one to be connected with.

    Raises:
        Blocked: it is not.
        Undelivered: it cannot be looked up.
    """
    found = [ipaddress.ip_address(text) for text in _resolve_in_time(host, port, policy.connect_timeout_s, resolve)]
    # One bad address is enough: a name with a public and a private one is how checks are got around.
    for address in found:
        if not is_allowed(address, policy):
            raise Blocked(f"{host} resolves to {address}, which is not on the public internet.")
    if not found:
        raise Undelivered(f"{host} has no address.")
    return found


def _resolve_in_time(host: str, port: int, timeout_s: float, resolve: Resolver) -> Sequence[str]:
    """The system's resolver takes no time-out, so it is asked in a thread that may be left behind."""
    answers: queue.SimpleQueue[Sequence[str] | OSError | UnicodeError] = queue.SimpleQueue()

    def ask() -> None:
        try:
            answers.put(resolve(host, port))
        except (OSError, UnicodeError) as error:
            answers.put(error)

    threading.Thread(target=ask, daemon=True, name="resolver").start()
    try:
        answer = answers.get(timeout=timeout_s)
    except queue.Empty as error:
        raise Undelivered(f"{host} was not resolved within {timeout_s:g} s.") from error
    if isinstance(answer, Exception):
        raise Undelivered(f"{host} cannot be resolved.") from answer
    return answer


def _exchange(
    connection: "_Connection", target: str, body: bytes, headers: Mapping[str, str], total_timeout_s: float
) -> Answer:
    started = monotonic()
    connection.connect()
    timer = threading.Timer(max(total_timeout_s - (monotonic() - started), 0.1), connection.expire)
    timer.daemon = True
    timer.start()
    try:
        connection.sock.settimeout(total_timeout_s)
        connection.request("POST", target, body, dict(headers))
        with connection.getresponse() as response:
            if connection.expired:
                # Headers that were cut off look like headers that ended.
                raise TimeoutError
            excerpt = b""
            # The status has come, and it is what counts.
            with suppress(OSError, http.client.HTTPException):
                excerpt = response.read(_EXCERPT_BYTES)
            return Answer(response.status, _printable(excerpt), _retry_after(response.getheader("Retry-After")))
    finally:
        timer.cancel()


def _printable(body: bytes) -> str:
    return body.decode("utf-8", "replace").replace("\x00", "�")


def _retry_after(value: str | None) -> int | None:
    """Only the form in seconds; a date would trust the receiver's clock."""
    if value is None or not value.strip().isascii() or not value.strip().isdigit():
        return None
    return min(int(value.strip()[:9]), _MAX_RETRY_AFTER_S)


def _words(error: Exception, connection: "_Connection") -> str:
    if connection.expired or isinstance(error, TimeoutError):
        return "The receiver did not answer in time."
    if isinstance(error, ssl.SSLError):
        return "The TLS handshake failed."
    if isinstance(error, ConnectionRefusedError):
        return "The connection was refused."
    if isinstance(error, http.client.HTTPException):
        return "The answer was no HTTP, or was cut off."
    return "The connection failed."


class _Connection(http.client.HTTPConnection):
    """A connection to one of the given addresses, under the host's name."""

    def __init__(self, host: str, port: int, *, addresses: Sequence[Address], tls: bool, timeout_s: float) -> None:
        super().__init__(host, port, timeout=timeout_s)
        self.default_port = 443 if tls else 80
        self.expired = False
        self._addresses = addresses
        self._tls = ssl.create_default_context() if tls else None

    def expire(self) -> None:
        """End the connection, however slowly the other side goes on answering; from another thread."""
        self.expired = True
        if self.sock is not None:
            with suppress(OSError):
                # The plain socket's own method: an SSL socket's would change state that the other thread uses.
                socket.socket.shutdown(self.sock, socket.SHUT_RDWR)

    def connect(self) -> None:
        last: OSError = OSError("no address")
        # The first two at most: all of a long list would cost a connection's time-out each.
        for address in self._addresses[:2]:
            try:
                plain = socket.create_connection((str(address), self.port), self.timeout)
            except OSError as error:
                last = error
                continue
            plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self.sock = plain if self._tls is None else self._secured(plain)
            return
        raise last

    def _secured(self, plain: socket.socket) -> socket.socket:
        try:
            return self._tls.wrap_socket(plain, server_hostname=self.host) if self._tls is not None else plain
        except BaseException:
            plain.close()
            raise
