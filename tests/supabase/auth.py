"""An issuer of access tokens as a Supabase project's Auth issues them, with its key set and its login by password.

Its claims are those that Supabase documents. It is not GoTrue, which cannot be run here: of `/auth/v1` there are the
key set, `token` for passwords and refresh tokens, and `logout`.
"""

import json
import time
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any, Final
from urllib.parse import parse_qs, urlsplit
from uuid import UUID, uuid4

import jwt
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from jwt.algorithms import ECAlgorithm, RSAAlgorithm

KEY_SET: Final = "/auth/v1/.well-known/jwks.json"
LIFETIME_S: Final = 3600
PrivateKey = ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey


@dataclass(frozen=True)
class SigningKey:
    """One key of the set."""

    algorithm: str = "ES256"
    kid: str = field(default_factory=lambda: str(uuid4()))
    private: PrivateKey = field(default_factory=lambda: ec.generate_private_key(ec.SECP256R1()))

    @classmethod
    def rsa(cls) -> "SigningKey":
        """One of the other kind."""
        return cls("RS256", private=rsa.generate_private_key(65537, 2048))

    @property
    def published(self) -> dict[str, Any]:
        """As the key set has it."""
        kind = ECAlgorithm if self.algorithm == "ES256" else RSAAlgorithm
        jwk: dict[str, Any] = json.loads(kind.to_jwk(self.private.public_key()))  # type: ignore[arg-type]
        return jwk | {"kid": self.kid, "alg": self.algorithm, "use": "sig", "key_ops": ["verify"], "ext": True}


class Issuer:
    """The issuer, in a thread of this process.

    Attributes:
        key: what new tokens are signed with.
        published: the keys of the set.
        asked: how often the set was asked for.
        accounts: passwords and ids, by address.
        broken: whether every request is answered with an error.
    """

    def __init__(self) -> None:
        self.key = SigningKey()
        self.published = [self.key]
        self.asked = 0
        self.accounts: dict[str, tuple[str, UUID]] = {}
        self.refreshes: dict[str, str] = {}
        self.broken = False
        issuer = self

        class Handler(_Handler):
            owner = issuer

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self._thread = Thread(target=self._server.serve_forever, name="issuer", daemon=True)
        self._thread.start()

    @property
    def url(self) -> str:
        """The project's address."""
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def stop(self) -> None:
        """Stop it."""
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def add(self, email: str, password: str) -> UUID:
        """Make an account; gives its id."""
        subject = uuid4()
        self.accounts[email] = (password, subject)
        return subject

    def rotate(self, key: SigningKey | None = None, *, keep: bool = True) -> None:
        """Sign with a new key from now on, and keep the old one in the set or not."""
        self.key = key or SigningKey()
        self.published = [self.key, *(self.published if keep else [])]

    def claims(self, subject: UUID | None = None, email: str = "me@example.org", **changes: Any) -> dict[str, Any]:
        """The claims of a token; a change to None leaves one out."""
        now = int(time.time())
        made = {
            "iss": f"{self.url}/auth/v1",
            "sub": str(subject or uuid4()),
            "aud": "authenticated",
            "exp": now + LIFETIME_S,
            "iat": now,
            "email": email,
            "phone": "",
            "app_metadata": {"provider": "email", "providers": ["email"], "role": "admin"},
            "user_metadata": {"role": "admin"},
            "role": "authenticated",
            "aal": "aal1",
            "amr": [{"method": "password", "timestamp": now}],
            "session_id": str(uuid4()),
            "is_anonymous": False,
        }
        return {name: value for name, value in (made | changes).items() if value is not None}

    def token(self, subject: UUID | None = None, email: str = "me@example.org", **changes: Any) -> str:
        """An access token."""
        return self.sign(self.claims(subject, email, **changes))

    def sign(self, claims: dict[str, Any], key: SigningKey | None = None) -> str:
        """Any token, by the present key or another."""
        key = key or self.key
        return jwt.encode(claims, key.private, algorithm=key.algorithm, headers={"kid": key.kid})

    def log_in(self, asked: dict[str, str], grant: str) -> tuple[int, dict[str, Any]]:
        """What `token` answers."""
        email = (
            asked.get("email", "") if grant == "password" else self.refreshes.pop(asked.get("refresh_token", ""), "")
        )
        password, subject = self.accounts.get(email, (None, uuid4()))
        if password is None or (grant == "password" and asked.get("password") != password):
            return 400, {"code": 400, "error_code": "invalid_credentials", "msg": "Invalid login credentials"}
        refresh = uuid4().hex[:12]
        self.refreshes[refresh] = email
        access = {"access_token": self.token(subject, email), "token_type": "bearer", "expires_in": LIFETIME_S}
        return 200, access | {"refresh_token": refresh, "user": {"id": str(subject), "email": email}}


class _Handler(BaseHTTPRequestHandler):
    owner: Issuer

    def do_GET(self) -> None:
        if self.path != KEY_SET:
            self._reply(404, {})
            return
        self.owner.asked += 1
        self._reply(200, {"keys": [key.published for key in self.owner.published]})

    def do_POST(self) -> None:
        address = urlsplit(self.path)
        content = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        if address.path == "/auth/v1/logout":
            self._reply(204, None)
        elif address.path == "/auth/v1/token" and self.headers.get("apikey"):
            grant = parse_qs(address.query).get("grant_type", [""])[0]
            self._reply(*self.owner.log_in(json.loads(content), grant))
        else:
            self._reply(401, {"message": "No API key found in request"})

    def do_OPTIONS(self) -> None:
        self._reply(204, None)

    def log_message(self, *_: object) -> None:
        """Say nothing."""

    def _reply(self, status: int, document: dict[str, Any] | None) -> None:
        content = b"" if document is None else json.dumps(document).encode()
        self.send_response(500 if self.owner.broken else status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(content)))
        for what, value in (("Origin", "*"), ("Headers", "*, authorization, apikey, content-type"), ("Methods", "*")):
            self.send_header(f"Access-Control-Allow-{what}", value)
        self.end_headers()
        self.wfile.write(content)
