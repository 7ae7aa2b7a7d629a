"""Access tokens of a Supabase project: which are taken, by which key, and how keys come and go."""

import base64
import hashlib
import hmac
import json
import time
from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import jwt
import pytest
from cryptography.hazmat.primitives import serialization

from anpr.adapters.supabase.auth import SupabaseLogins
from anpr.adapters.supabase.settings import ProjectSettings
from anpr.errors import Unauthenticated, Unavailable
from tests.supabase.auth import Issuer, SigningKey

SECRET = "super-secret-jwt-token-with-at-least-32-characters-long"


@pytest.fixture
def issuer() -> Iterator[Issuer]:
    made = Issuer()
    yield made
    made.stop()


@pytest.fixture
def logins(issuer: Issuer) -> SupabaseLogins:
    return SupabaseLogins(ProjectSettings(url=issuer.url))


def by_secret(issuer: Issuer) -> SupabaseLogins:
    return SupabaseLogins(ProjectSettings(url=issuer.url, jwt_secret=SECRET))


@pytest.mark.parametrize("key", [SigningKey(), SigningKey.rsa()], ids=["ES256", "RS256"])
def test_a_persons_token_says_who_they_are(issuer: Issuer, logins: SupabaseLogins, key: SigningKey) -> None:
    issuer.rotate(key)
    subject = uuid4()

    found = logins.verify(issuer.token(subject, "me@example.org", aal="aal2"))

    assert (found.subject, found.email, found.second_factor) == (subject, "me@example.org", True)
    assert not logins.verify(issuer.token(subject)).second_factor


def test_clocks_that_are_apart_keep_nobody_out(issuer: Issuer, logins: SupabaseLogins) -> None:
    now = int(time.time())
    logins.verify(issuer.token(iat=now + 90))
    with pytest.raises(Unauthenticated, match="expired"):
        logins.verify(issuer.token(iat=now - 3690, exp=now - 90))


def test_somebody_without_an_address_is_known_by_what_there_is(issuer: Issuer, logins: SupabaseLogins) -> None:
    subject = uuid4()
    assert logins.verify(issuer.token(subject, "", phone="4915112345")).email == "4915112345"
    assert str(subject) in logins.verify(issuer.token(subject, "")).email


@pytest.mark.parametrize(
    "changes",
    [
        {"role": "anon"},
        {"role": "service_role"},
        {"role": None},
        {"is_anonymous": True},
        {"sub": None},
        {"sub": "me"},
        {"exp": None},
        {"exp": 1},
        {"aud": None},
        {"aud": "somebody else"},
        {"iss": None},
        {"iss": "https://evil.example/auth/v1"},
    ],
    ids=str,
)
def test_a_token_that_is_no_persons_or_not_for_us_is_refused(
    issuer: Issuer, logins: SupabaseLogins, changes: dict[str, Any]
) -> None:
    logins.verify(issuer.token())
    with pytest.raises(Unauthenticated):
        logins.verify(issuer.token(**changes))
    with pytest.raises(Unauthenticated):
        by_secret(issuer).verify(jwt.encode(issuer.claims(**changes), SECRET, algorithm="HS256"))


def test_the_legacy_secret_counts_where_it_is_configured_and_nothing_else_does(
    issuer: Issuer, logins: SupabaseLogins
) -> None:
    signed = jwt.encode(issuer.claims(), SECRET, algorithm="HS256", headers={"kid": issuer.key.kid})

    assert by_secret(issuer).verify(signed).email == "me@example.org"
    with pytest.raises(Unauthenticated):
        logins.verify(signed)
    with pytest.raises(Unauthenticated):
        by_secret(issuer).verify(issuer.token())
    with pytest.raises(Unauthenticated):
        by_secret(issuer).verify(jwt.encode(issuer.claims(), SECRET + "x", algorithm="HS256"))
    assert issuer.asked == 1


@pytest.mark.parametrize("kind", ["PEM", "DER", "JWK"])
def test_a_token_signed_with_the_published_key_as_a_secret_is_refused(
    issuer: Issuer, logins: SupabaseLogins, kind: str
) -> None:
    public = issuer.key.private.public_key()
    secret = {
        "PEM": public.public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo),
        "DER": public.public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo),
        "JWK": json.dumps(issuer.key.published).encode(),
    }[kind]
    head = {"alg": "HS256", "typ": "JWT", "kid": issuer.key.kid}
    body = b".".join(_part(json.dumps(part).encode()) for part in (head, issuer.claims()))

    with pytest.raises(Unauthenticated):
        logins.verify((body + b"." + _part(hmac.digest(secret, body, hashlib.sha256))).decode())


def _part(content: bytes) -> bytes:
    return base64.urlsafe_b64encode(content).rstrip(b"=")


@pytest.mark.parametrize("token", ["", "x", "a.b.c", "e30.e30.", jwt.encode({}, "", algorithm="none")])
def test_what_is_no_token_is_refused(logins: SupabaseLogins, token: str) -> None:
    with pytest.raises(Unauthenticated):
        logins.verify(token)


def test_a_key_of_somebody_elses_by_the_same_name_is_refused(issuer: Issuer, logins: SupabaseLogins) -> None:
    with pytest.raises(Unauthenticated):
        logins.verify(issuer.sign(issuer.claims(), SigningKey(kid=issuer.key.kid)))


def test_a_rotated_key_counts_without_a_restart_and_unknown_ones_cost_no_flood(issuer: Issuer) -> None:
    logins = SupabaseLogins(ProjectSettings(url=issuer.url), ask_again_s=0.3)
    before = issuer.token()
    logins.verify(before)
    issuer.rotate()
    with pytest.raises(Unauthenticated):
        logins.verify(issuer.token())
    for _ in range(20):
        with pytest.raises(Unauthenticated):
            logins.verify(issuer.sign(issuer.claims(), SigningKey()))
    assert issuer.asked == 1

    time.sleep(0.4)

    logins.verify(issuer.token())
    logins.verify(before)
    assert issuer.asked == 2


def test_a_revoked_key_counts_no_longer(issuer: Issuer) -> None:
    logins = SupabaseLogins(ProjectSettings(url=issuer.url), keys_for_s=0.3)
    stolen = issuer.token()
    logins.verify(stolen)
    issuer.rotate(keep=False)

    time.sleep(0.4)

    with pytest.raises(Unauthenticated):
        logins.verify(stolen)
    logins.verify(issuer.token())


def test_many_tokens_ask_for_the_keys_once(issuer: Issuer, logins: SupabaseLogins) -> None:
    for _ in range(50):
        logins.verify(issuer.token())
    assert issuer.asked == 1
    assert logins.check() == 1


def test_an_auth_that_is_down_is_an_outage_and_known_keys_go_on_counting(
    issuer: Issuer, logins: SupabaseLogins
) -> None:
    token = issuer.token()
    logins.verify(token)
    issuer.broken = True
    assert logins.verify(token).email == "me@example.org"
    # Not even where strangers have it asked for keys that nobody knows.
    eager = SupabaseLogins(ProjectSettings(url=issuer.url), ask_again_s=0)
    issuer.broken = False
    eager.verify(token)
    issuer.broken = True
    for _ in range(3):
        with pytest.raises(Unavailable):
            eager.verify(issuer.sign(issuer.claims(), SigningKey()))
        assert eager.verify(token).email == "me@example.org"
    asked = issuer.asked

    fresh = SupabaseLogins(ProjectSettings(url=issuer.url))
    for _ in range(5):
        with pytest.raises(Unavailable):
            fresh.verify(token)
    assert issuer.asked == asked + 1


def test_a_project_without_keys_says_so(issuer: Issuer, logins: SupabaseLogins) -> None:
    token = issuer.token()
    issuer.published = []
    with pytest.raises(Unavailable, match="no key"):
        logins.verify(token)


@pytest.mark.parametrize(
    "values", [{"url": "PROJECT.supabase.co"}, {"url": "https://p.supabase.co", "jwt_secret": "x"}]
)
def test_settings_that_cannot_be_meant_are_refused(values: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="ANPR_SUPABASE_"):
        ProjectSettings(**values)
