"""`anpr.identity.providers.LoginProvider` by the access tokens of a Supabase project's Auth.

Tokens are signed by keys that the project publishes (its JWKS, ES256 or RS256), or by its legacy secret (HS256). Which
of the two is configuration: what a token's header says of its algorithm chooses nothing, or a token signed with the
published key as if it were a secret would pass. The project's own keys, `anon` and `service_role`, are tokens too; they
have no `sub`, and another `role`.
"""

import time
from collections.abc import Callable
from threading import Lock
from typing import Any, Final, TypeVar
from uuid import UUID

import jwt
from jwt import PyJWK, PyJWKClient
from jwt.exceptions import PyJWKClientConnectionError, PyJWKClientError, PyJWKError, PyJWKSetError

from anpr.adapters.supabase.settings import ProjectSettings
from anpr.errors import Unauthenticated, Unavailable
from anpr.identity.providers import BrowserLogin, OutsideIdentity

Found = TypeVar("Found")

_AUDIENCE: Final = "authenticated"
_PUBLISHED: Final = ["ES256", "RS256"]
_SECRET: Final = ["HS256"]
_REQUIRED: Final = ["exp", "sub", "aud", "iss"]
_LEEWAY_S: Final = 10
_TIMEOUT_S: Final = 5.0
_KEYS_FOR_S: Final = 300
_ASK_AGAIN_S: Final = 30
_DOWN_FOR_S: Final = 5.0
_NOT_VALID: Final = "The access token is not valid; log in again."


class SupabaseLogins:
    """Checks access tokens of one project. Safe to share between threads."""

    def __init__(
        self, settings: ProjectSettings, *, keys_for_s: float = _KEYS_FOR_S, ask_again_s: float = _ASK_AGAIN_S
    ) -> None:
        """Prepare; the keys are read when the first token comes.

        Args:
            settings: the project.
            keys_for_s: how long a key that was withdrawn may still count.
            ask_again_s: how soon an unknown key has the set read anew: so long a new key may have to wait.
        """
        self._settings = settings
        self._keys = PyJWKClient(
            f"{settings.auth_url}/.well-known/jwks.json",
            # A cached key would never go, even one that was revoked.
            cache_keys=False,
            lifespan=keys_for_s,
            timeout=_TIMEOUT_S,
            cooldown_duration=ask_again_s,
        )
        self._lock = Lock()
        self._down_until = 0.0

    @property
    def first_admin(self) -> UUID | None:
        return self._settings.admin_id

    @property
    def admits(self) -> bool:
        return self._settings.new_users == "viewer"

    @property
    def admins_need_second_factor(self) -> bool:
        return self._settings.admin_aal == "aal2"

    @property
    def browser(self) -> BrowserLogin | None:
        key = self._settings.publishable_key
        return None if key is None else BrowserLogin(self._settings.auth_url, key)

    def verify(self, token: str) -> OutsideIdentity:
        try:
            content = self._decoded(token)
            if content.get("role") != _AUDIENCE or content.get("is_anonymous", False):
                raise Unauthenticated("This token is not a person's; log in with an account.")
            subject = UUID(content["sub"])
        except jwt.ExpiredSignatureError as error:
            raise Unauthenticated("The access token has expired; refresh it or log in again.") from error
        except (jwt.InvalidTokenError, ValueError) as error:
            raise Unauthenticated(_NOT_VALID) from error
        # Somebody who signed up by phone has no address.
        known_as = content.get("email") or content.get("phone") or f"{subject}@phone.invalid"
        return OutsideIdentity(subject, str(known_as), second_factor=content.get("aal") == "aal2")

    @property
    def keys_are(self) -> str:
        """What tokens are checked by, in words."""
        return "the project's key set" if self._settings.jwt_secret is None else "the legacy secret"

    def check(self) -> int:
        """Read the key set now; returns how many keys tokens may be signed with.

        Raises:
            Unavailable: it cannot be read, or holds none.
        """
        return 1 if self._settings.jwt_secret is not None else len(self._read(self._keys.get_signing_keys))

    def _decoded(self, token: str) -> dict[str, Any]:
        secret = self._settings.jwt_secret
        key: PyJWK | str
        if secret is None:
            header = jwt.get_unverified_header(token)
            algorithms, key = _PUBLISHED, self._published(str(header.get("kid", "")))
        else:
            algorithms, key = _SECRET, secret.get_secret_value()
        content: dict[str, Any] = jwt.decode(
            token,
            key,
            algorithms=algorithms,
            audience=_AUDIENCE,
            issuer=self._settings.issuer or self._settings.auth_url,
            leeway=_LEEWAY_S,
            # A token from a clock that is ahead of ours is no worse for it.
            options={"require": _REQUIRED, "verify_iat": False},
        )
        return content

    def _published(self, kid: str) -> PyJWK:
        return self._kept(kid) or self._read(lambda: self._keys.get_signing_key(kid))

    def _kept(self, kid: str) -> PyJWK | None:
        """A key of the set as it was read last: no stranger's token may have those of others wait for the network."""
        cache = self._keys.jwk_set_cache
        kept = None if cache is None else cache.get()
        usable = [] if kept is None else [key for key in kept.keys if key.public_key_use in ("sig", None)]
        return PyJWKClient.match_kid(usable, kid)

    def _read(self, ask: Callable[[], Found]) -> Found:
        with self._lock:
            # One waits for an Auth that does not answer, not each request after the other.
            if time.monotonic() < self._down_until:
                raise Unavailable("The service that logs people in does not answer; try again in a moment.")
            try:
                return ask()
            except PyJWKClientConnectionError as error:
                self._down_until = time.monotonic() + _DOWN_FOR_S
                raise Unavailable("The service that logs people in does not answer; try again in a moment.") from error
            except (PyJWKSetError, PyJWKError) as error:
                raise Unavailable("The service that logs people in has no key to check tokens with.") from error
            except PyJWKClientError as error:
                raise Unauthenticated(_NOT_VALID) from error
