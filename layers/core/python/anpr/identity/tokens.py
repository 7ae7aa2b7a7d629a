"""Signed tokens: JWTs by Ed25519 (RFC 7519, RFC 8037), whose private key only the identity function can read.

An access token and a refresh token differ in the header's `typ`, which is checked, so one never passes for the other.
"""

import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any, Final
from uuid import UUID, uuid4

import jwt
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from anpr.errors import Unauthenticated, Unavailable
from anpr.models import SigningKey
from anpr.ports import SecretStore
from anpr.settings import TokenSettings

_ALGORITHM: Final = "EdDSA"
_KEY_CACHE_S: Final = 300.0
# Two functions' clocks may differ a little.
_LEEWAY: Final = timedelta(seconds=10)


class TokenKind(StrEnum):
    """What a token is for; the JWT's `typ`."""

    ACCESS = "at+jwt"
    REFRESH = "rt+jwt"


@dataclass(frozen=True, slots=True)
class Claims:
    """What a token says.

    Attributes:
        subject: the user.
        token_id: the token itself; of a refresh token, its row.
        login_id: the login that it came of, whose end is its own; None where it came of none.
        expires_at: when it ends.
    """

    subject: UUID
    token_id: UUID
    login_id: UUID | None
    expires_at: datetime


class TokenVerifier:
    """Checks tokens by the public keys in the database, which it remembers for some minutes."""

    def __init__(self, settings: TokenSettings) -> None:
        self._settings = settings
        self._keys: dict[str, tuple[Ed25519PublicKey, float]] = {}

    def verify(self, session: Session, token: str, kind: TokenKind) -> Claims:
        """Check a token's signature, kind, issuer, audience and times.

        Raises:
            Unauthenticated: it is not good; the text says only whether it has expired.
        """
        try:
            header = jwt.get_unverified_header(token)
            # Whoever sends the token chose this text, so it is made sure of before the database is asked.
            key = self._key(session, str(UUID(header.get("kid", ""))))
            if key is None or header.get("typ") != kind:
                raise Unauthenticated("The token is not valid; log in again.")
            content: dict[str, Any] = jwt.decode(
                token,
                key,
                algorithms=[_ALGORITHM],
                audience=self._settings.audience,
                issuer=self._settings.issuer,
                leeway=_LEEWAY,
                # A token from a host whose clock is ahead of this one's is no worse for it.
                options={"require": ["exp", "iat", "sub", "jti", "aud", "iss"], "verify_iat": False},
            )
            return Claims(
                subject=UUID(content["sub"]),
                token_id=UUID(content["jti"]),
                login_id=UUID(content["sid"]) if "sid" in content else None,
                expires_at=datetime.fromtimestamp(content["exp"], UTC),
            )
        except jwt.ExpiredSignatureError as error:
            raise Unauthenticated("The token has expired; refresh it or log in again.") from error
        except (jwt.InvalidTokenError, ValueError) as error:
            raise Unauthenticated("The token is not valid; log in again.") from error

    def forget(self) -> None:
        """Read each key anew when it is next needed; how long one has been remembered is not known after a restore."""
        self._keys.clear()

    def _key(self, session: Session, kid: str) -> Ed25519PublicKey | None:
        cached = self._keys.get(kid)
        if cached is not None and cached[1] > time.monotonic():
            return cached[0]
        pem = session.scalar(
            select(SigningKey.public_key_pem).where(SigningKey.kid == kid, SigningKey.retired_at.is_(None))
        )
        if pem is None:
            self._keys.pop(kid, None)
            return None
        key = serialization.load_pem_public_key(pem.encode())
        if not isinstance(key, Ed25519PublicKey):
            return None
        self._keys[kid] = (key, time.monotonic() + _KEY_CACHE_S)
        return key


class TokenSigner:
    """Signs tokens with the private key from the secret store, which it remembers for some minutes."""

    def __init__(self, settings: TokenSettings, secrets: SecretStore, secret_id: str) -> None:
        self.settings = settings
        self._secrets = secrets
        self._secret_id = secret_id
        self._cached: tuple[str, Ed25519PrivateKey, float] | None = None

    def sign(
        self, kind: TokenKind, *, subject: UUID, token_id: UUID, issued_at: datetime, login_id: UUID | None = None
    ) -> str:
        """Make a token that is good from now until its kind's lifetime has passed, or until its login ends.

        Raises:
            Unavailable: there is no key yet, or the secret store does not answer.
        """
        kid, key = self._key()
        lifetime = self.settings.access_ttl if kind is TokenKind.ACCESS else self.settings.refresh_ttl
        content = {
            "iss": self.settings.issuer,
            "aud": self.settings.audience,
            "sub": str(subject),
            "jti": str(token_id),
            "iat": issued_at,
            "exp": issued_at + lifetime,
        } | ({} if login_id is None else {"sid": str(login_id)})
        return jwt.encode(content, key, algorithm=_ALGORITHM, headers={"kid": kid, "typ": kind.value})

    def forget(self) -> None:
        """Read the key anew when it is next needed."""
        self._cached = None

    def _key(self) -> tuple[str, Ed25519PrivateKey]:
        if self._cached is None or self._cached[2] < time.monotonic():
            loaded = _private_key(self._secrets.get(self._secret_id))
            if loaded is None:
                raise Unavailable("The service is not set up yet: it has no key to sign tokens with.")
            self._cached = (*loaded, time.monotonic() + _KEY_CACHE_S)
        return self._cached[0], self._cached[1]


def ensure_signing_key(session: Session, secrets: SecretStore, secret_id: str) -> str:
    """Make the signing key where the secret holds none, and see that its public half is in the database.

    The secret is written before the row is committed: where that fails, the next run only adds the row.

    Args:
        session: the transaction.
        secrets: where the private half is kept.
        secret_id: the secret's name; it exists already, with a value or without.

    Returns:
        The key's `kid`.
    """
    value = secrets.get(secret_id)
    loaded = _private_key(value)
    if loaded is None:
        value = new_signing_secret()
        secrets.put(secret_id, value)
        kid, key = _read_key(value)
    else:
        kid, key = loaded
    public = key.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    session.execute(
        insert(SigningKey)
        .values(kid=kid, public_key_pem=public.decode())
        .on_conflict_do_nothing(index_elements=["kid"])
    )
    return kid


def new_signing_secret() -> dict[str, Any]:
    """Draw a signing key, as the secret holds it."""
    pem = Ed25519PrivateKey.generate().private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    return {"kid": str(uuid4()), "private_key_pem": pem.decode()}


def _private_key(secret: dict[str, Any] | None) -> tuple[str, Ed25519PrivateKey] | None:
    """Read the secret; None where it holds no key yet (a new secret may hold anything)."""
    if secret is None or not {"kid", "private_key_pem"} <= secret.keys():
        return None
    return _read_key(secret)


def _read_key(secret: dict[str, Any]) -> tuple[str, Ed25519PrivateKey]:
    key = serialization.load_pem_private_key(secret["private_key_pem"].encode(), password=None)
    if not isinstance(key, Ed25519PrivateKey):
        raise TypeError("the signing secret holds a key that is not Ed25519")
    return secret["kid"], key
