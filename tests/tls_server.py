"""A server whose certificate is signed by an authority of the test's own, and good or expired: the TLS of any service.

It speaks the greeting of PostgreSQL too, by which a client asks for TLS; after the handshake it says nothing more.
"""

import ipaddress
import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

_SSL_REQUEST = b"\x00\x00\x00\x08\x04\xd2\x16\x2f"


@dataclass(frozen=True)
class TlsServer:
    """Where it listens, and the file of the authority that signed its certificate."""

    port: int
    authority: Path


def _certificate(folder: Path, until: datetime) -> tuple[Path, Path]:
    """A certificate of 127.0.0.1 that signed itself; gives its file, and that of its key and itself."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(until - timedelta(days=90))
        .not_valid_after(until)
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), critical=False)
        .sign(key, hashes.SHA256())
    )
    public, both = folder / "authority.pem", folder / "server.pem"
    public.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    both.write_bytes(private + public.read_bytes())
    return public, both


@contextmanager
def serving(folder: Path, *, expired: bool) -> Iterator[TlsServer]:
    """Run the server on a free port of the loopback interface."""
    public, both = _certificate(folder, datetime.now(UTC) + timedelta(days=-1 if expired else 1))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(both)
    listener = socket.create_server(("127.0.0.1", 0))

    def answer() -> None:
        while True:
            try:
                client, _ = listener.accept()
            except OSError:
                return
            with client, suppress(OSError):
                client.settimeout(5)
                if client.recv(8, socket.MSG_PEEK) == _SSL_REQUEST:
                    client.recv(8)
                    client.sendall(b"S")
                with context.wrap_socket(client, server_side=True) as secured:
                    secured.recv(1)

    thread = threading.Thread(target=answer, daemon=True)
    thread.start()
    try:
        yield TlsServer(listener.getsockname()[1], public)
    finally:
        # Shut down first: else `accept` waits on.
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        thread.join()
