"""Ed25519 keys and signatures as text: what licences and the audit log's anchors are signed with."""

import base64
import binascii

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey


def new_signing_key() -> tuple[str, str]:
    """Make a pair of keys to sign with.

    Returns:
        The private key as unencrypted PKCS #8 PEM, and the public key: 32 bytes as base64url.
    """
    private = Ed25519PrivateKey.generate()
    pem = private.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    return pem.decode(), public_text(private)


def public_text(private: Ed25519PrivateKey) -> str:
    """Write the public half of a key: 32 bytes as base64url without padding."""
    raw = private.public_key().public_bytes(serialization.Encoding.Raw, serialization.PublicFormat.Raw)
    return encode(raw)


def read_private_key(pem: str) -> Ed25519PrivateKey:
    """Read a private key.

    Raises:
        ValueError: it is not an unencrypted Ed25519 key in PEM.
    """
    try:
        private = serialization.load_pem_private_key(pem.encode(), password=None)
    except TypeError as error:
        raise ValueError("the private key is encrypted") from error
    if not isinstance(private, Ed25519PrivateKey):
        raise ValueError("the private key is not an Ed25519 key")  # noqa: TRY004 - the file's content is wrong
    return private


def read_public_key(text: str) -> Ed25519PublicKey:
    """Read a public key.

    Raises:
        ValueError: it is not 32 bytes as base64url.
    """
    return Ed25519PublicKey.from_public_bytes(decode(text.strip()))


def is_signed(signer: Ed25519PublicKey, signature: bytes, content: bytes) -> bool:
    """Tell whether a signature is a signer's, over this content."""
    try:
        signer.verify(signature, content)
    except InvalidSignature:
        return False
    return True


def encode(raw: bytes) -> str:
    """Write bytes as base64url without padding."""
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def decode(text: str) -> bytes:
    """Read base64url, padded or not.

    Raises:
        ValueError: it is none.
    """
    try:
        return base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except binascii.Error as error:
        raise ValueError("not base64url") from error
