import base64
import json
from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from anpr.governance import license_keys, signing
from anpr.governance.license_keys import Feature, InvalidLicense, LicenseTerms

PEM, PUBLIC = signing.new_signing_key()
PRIVATE = signing.read_private_key(PEM)
ISSUER = signing.read_public_key(PUBLIC)

TERMS = LicenseTerms(
    holder="City of Cluj",
    plan="city",
    cameras=40,
    monthly_minutes=100_000,
    features=(Feature.EXPORTS,),
    starts_on=date(2026, 1, 1),
    expires_on=date(2026, 12, 31),
)
KEY = license_keys.issue(TERMS, PRIVATE)


def test_terms_come_back_as_they_were_signed() -> None:
    assert license_keys.verify(KEY, [ISSUER]) == TERMS


def test_a_key_that_mail_has_wrapped_is_good() -> None:
    wrapped = "\n".join(KEY[start : start + 60] for start in range(0, len(KEY), 60)) + "\r\n"
    assert license_keys.verify(wrapped, [ISSUER]) == TERMS


def test_any_of_several_issuers_may_have_signed() -> None:
    _, other = signing.new_signing_key()
    assert license_keys.verify(KEY, [signing.read_public_key(other), ISSUER]) == TERMS


def test_an_issuer_that_is_not_known_here_is_refused() -> None:
    _, other = signing.new_signing_key()
    with pytest.raises(InvalidLicense, match="not issued for this product"):
        license_keys.verify(KEY, [signing.read_public_key(other)])
    with pytest.raises(InvalidLicense):
        license_keys.verify(KEY, [])


def test_terms_that_were_raised_are_refused() -> None:
    version, payload, signature = KEY.split(".")
    terms = json.loads(base64.urlsafe_b64decode(payload + "=="))
    terms["cameras"] = 4000
    forged = base64.urlsafe_b64encode(json.dumps(terms).encode()).rstrip(b"=").decode()
    with pytest.raises(InvalidLicense):
        license_keys.verify(f"{version}.{forged}.{signature}", [ISSUER])


def test_terms_of_a_later_version_are_refused_rather_than_half_kept() -> None:
    class LaterTerms(LicenseTerms):
        lanes: int = 3

    later = license_keys.issue(LaterTerms(**TERMS.model_dump()), PRIVATE)
    with pytest.raises(InvalidLicense, match="update it"):
        license_keys.verify(later, [ISSUER])


@given(st.one_of(st.text(), st.text().map(lambda text: f"ANPR1.{text}"), st.just("ANPR1..")))
def test_whatever_is_no_key_is_refused(text: str) -> None:
    with pytest.raises(InvalidLicense):
        license_keys.verify(text, [ISSUER])


@given(st.integers(0, len(KEY) - 2), st.characters(codec="ascii", categories=["L", "N"]))
def test_no_character_can_be_changed(place: int, character: str) -> None:
    altered = KEY[:place] + character + KEY[place + 1 :]
    if altered != KEY:
        with pytest.raises(InvalidLicense):
            license_keys.verify(altered, [ISSUER])


def test_the_last_day_counts_whole() -> None:
    assert TERMS.starts_at == datetime(2026, 1, 1, tzinfo=UTC)
    assert TERMS.expires_at == datetime(2027, 1, 1, tzinfo=UTC)


def test_a_licence_that_ends_before_it_starts_cannot_be_made() -> None:
    with pytest.raises(ValueError, match="expires before it starts"):
        LicenseTerms(**{**TERMS.model_dump(), "expires_on": date(2025, 12, 31)})


@pytest.mark.parametrize("text", ["", "AAAA", "!" * 43, PUBLIC[:-4]], ids=["empty", "short", "no base64", "cut off"])
def test_what_is_no_public_key_is_refused(text: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - cryptography's own text
        signing.read_public_key(text)
