"""Licences."""

from datetime import date, datetime
from typing import Annotated
from uuid import UUID

from pydantic import Field

from anpr.governance.license_keys import Feature, LicenseTerms
from anpr.governance.licenses import LicenseStatus, LimitKind, Standing
from anpr.models import License
from functions.api.schemas.common import RequestModel, ResponseModel, Text


class ActivationIn(RequestModel):
    """A licence to activate."""

    key: Annotated[
        Text, Field(min_length=1, max_length=8000, description="As it was issued; line breaks do not matter.")
    ]


class LicenseOut(ResponseModel):
    """A licence that was activated here."""

    id: UUID
    holder: str
    plan: str
    cameras: int
    monthly_minutes: int
    features: list[Feature]
    starts_on: date
    expires_on: Annotated[date, Field(description="Its last day (UTC).")]
    activated_at: datetime
    activated_by: UUID | None


class LicenseList(ResponseModel):
    """The licences that were activated here, the one activated last first."""

    items: list[LicenseOut]


class LimitOut(ResponseModel):
    """How much of one limit is used."""

    limit: LimitKind
    used: Annotated[float | None, Field(description="Null for who is limited to some cameras.")]
    allowed: Annotated[int | None, Field(description="Null: no limit.")]
    resets_at: Annotated[datetime | None, Field(description="Null: it does not reset.")]


class LicenseStatusOut(ResponseModel):
    """What may be used now, and what is used."""

    standing: Annotated[
        Standing,
        Field(
            description="`unlimited`: no issuer of licences is set here. `evaluation`: no licence is activated. "
            "`grace`: it expired, and still counts. `expired`: evaluation limits apply."
        ),
    ]
    holder: str | None
    plan: str | None
    features: list[Feature]
    expires_on: date | None
    ends_at: Annotated[datetime | None, Field(description="When the grace period ends.")]
    limits: list[LimitOut]
    warnings: list[str]


def license_out(row: License, terms: LicenseTerms) -> LicenseOut:
    """Render a licence."""
    return LicenseOut(**terms.model_dump(), activated_at=row.activated_at, activated_by=row.activated_by)


def status_out(status: LicenseStatus, *, with_use: bool) -> LicenseStatusOut:
    """Render the present entitlement, with or without how much of it is used."""
    entitled = status.entitlement
    told_by_use = frozenset[str | None]() if with_use else {use.warning for use in status.uses}
    terms = entitled.terms
    return LicenseStatusOut(
        standing=entitled.standing,
        holder=None if terms is None else terms.holder,
        plan=None if terms is None else terms.plan,
        features=sorted(entitled.features),
        expires_on=None if terms is None else terms.expires_on,
        ends_at=entitled.ends_at,
        limits=[
            LimitOut(
                limit=use.kind,
                used=round(use.used, 2) if with_use else None,
                allowed=use.allowed,
                resets_at=use.resets_at,
            )
            for use in status.uses
        ],
        warnings=[text for text in status.warnings if text not in told_by_use],
    )
