"""Licence keys: signed offline with Ed25519 by whoever sells licences, checked here without calling anyone.

A key is `ANPR1.<payload>.<signature>`, both parts base64url without padding. The payload is the terms as JSON; the
signature is over the text before the second dot, so what is signed is what is read.
"""

from collections.abc import Iterable
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from typing import Final
from uuid import UUID, uuid4

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from anpr.errors import Unprocessable
from anpr.governance import signing

_VERSION: Final = "ANPR1"


class Feature(StrEnum):
    """A part of the product that a licence may leave out. Reading plates and raising alerts is in every licence."""

    API_KEYS = "api_keys"
    EXPORTS = "exports"
    WEBHOOKS = "webhooks"


class LicenseTerms(BaseModel):
    """What a licence grants.

    Attributes:
        id: the licence's own; activating it twice is activating it once.
        holder: who may use it, in words.
        plan: what the seller calls it.
        cameras: the most active cameras.
        monthly_minutes: the most minutes of footage read in one calendar month (UTC).
        features: what is granted besides the reading of plates.
        starts_on: its first day (UTC).
        expires_on: its last day (UTC).
    """

    # A term that this version does not know could be a limit that it would fail to keep.
    model_config = ConfigDict(frozen=True, extra="forbid")

    id: UUID = Field(default_factory=uuid4)
    holder: str = Field(min_length=1, max_length=200)
    plan: str = Field(min_length=1, max_length=100)
    cameras: int = Field(ge=0)
    monthly_minutes: int = Field(ge=0)
    features: tuple[Feature, ...] = ()
    starts_on: date
    expires_on: date

    @model_validator(mode="after")
    def _lasts(self) -> "LicenseTerms":
        if self.expires_on < self.starts_on:
            raise ValueError("the licence expires before it starts")
        return self

    @property
    def starts_at(self) -> datetime:
        """The first moment at which the licence grants anything."""
        return datetime.combine(self.starts_on, time(), UTC)

    @property
    def expires_at(self) -> datetime:
        """The first moment after the licence's last day."""
        return datetime.combine(self.expires_on + timedelta(days=1), time(), UTC)


class InvalidLicense(Unprocessable):
    """A licence key that is malformed, altered, or signed by somebody else."""

    code, title = "invalid-license", "The licence key is not valid"


def issue(terms: LicenseTerms, private: Ed25519PrivateKey) -> str:
    """Sign terms; the result is what the holder activates."""
    signed = f"{_VERSION}.{signing.encode(terms.model_dump_json().encode())}"
    return f"{signed}.{signing.encode(private.sign(signed.encode()))}"


def verify(key: str, issuers: Iterable[Ed25519PublicKey]) -> LicenseTerms:
    """Read the terms of a key that one of the issuers signed.

    Args:
        key: the key; white space in it, which mail programs like to add, is ignored.
        issuers: whose signatures are good here.

    Raises:
        InvalidLicense: it is no key, or none of the issuers signed it.
    """
    signed, _, signature = "".join(key.split()).rpartition(".")
    version, _, payload = signed.partition(".")
    if version != _VERSION or not payload:
        raise InvalidLicense(f"This is not a licence key: one starts with {_VERSION} and has three parts.")
    try:
        raw_signature, raw_payload = signing.decode(signature), signing.decode(payload)
    except ValueError as error:
        raise InvalidLicense("The licence key is damaged; copy it again as a whole.") from error
    if not any(signing.is_signed(issuer, raw_signature, signed.encode()) for issuer in issuers):
        raise InvalidLicense("The licence key is damaged, or was not issued for this product.")
    try:
        return LicenseTerms.model_validate_json(raw_payload)
    except ValidationError as error:
        raise InvalidLicense("The licence key has terms that this version does not know; update it first.") from error
