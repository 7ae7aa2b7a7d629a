"""What this deployment is licensed for, how much of it is used, and the limits that follow.

Limits act where something new is asked for: an upload, a camera, a feature. What is queued already is read, and its
alerts are raised, whatever the licence says. What a licence grants is read from its signed key each time, so a row that
somebody edits grants nothing.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Any, Final

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from anpr import audit, outbox
from anpr.audit import Action, Actor
from anpr.errors import AnprError, Conflict
from anpr.governance import license_clock, license_keys, signing, usage
from anpr.governance.license_keys import Feature, InvalidLicense, LicenseTerms
from anpr.messages import EventType, LicenseWarning
from anpr.models import Camera, License, LicenseNotice
from anpr.settings import LicenseSettings

WARN_AT: Final = 0.8
WARN_AHEAD: Final = timedelta(days=30)
# Any fixed number: whoever holds this advisory lock is the one who adds a camera.
_CAMERA_LOCK: Final = 0x63616D73


class Standing(StrEnum):
    """What the present limits come from."""

    UNLIMITED = "unlimited"
    EVALUATION = "evaluation"
    LICENSED = "licensed"
    GRACE = "grace"
    EXPIRED = "expired"


class LimitKind(StrEnum):
    """What is limited by number."""

    CAMERAS = "cameras"
    MONTHLY_MINUTES = "monthly_minutes"


class LicenseLimit(AnprError):
    """The licence does not cover what was asked for.

    Neither 403 (the caller may do this, the deployment may not) nor 429 (which clients try again by themselves, and the
    answer would be the same for weeks).
    """

    status, code, title = 402, "license-limit", "Limit of the licence reached"


@dataclass(frozen=True, slots=True)
class Entitlement:
    """What may be used now.

    Attributes:
        standing: what it comes from.
        terms: the licence that counts, or that counted until it expired; None where none was activated.
        cameras: the most active cameras; None for no limit.
        monthly_minutes: the most minutes of footage in a month; None for no limit.
        features: what may be used besides the reading of plates.
        ends_at: when the licence's grace period ends; None where nothing is going to end.
    """

    standing: Standing
    terms: LicenseTerms | None
    cameras: int | None
    monthly_minutes: int | None
    features: frozenset[Feature]
    ends_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class LimitUse:
    """How much of one limit is used.

    Attributes:
        allowed: the limit; None where there is none.
        resets_at: when the use starts again from nothing; None where it does not.
    """

    kind: LimitKind
    used: float
    allowed: int | None
    resets_at: datetime | None = None

    @property
    def warning(self) -> str | None:
        """What a person should know of this limit; None while there is room."""
        if self.allowed is None or self.used < WARN_AT * self.allowed:
            return None
        unit = "cameras" if self.kind is LimitKind.CAMERAS else "minutes of footage this month"
        reset = "" if self.resets_at is None else f"; resets {self.resets_at:%Y-%m-%d}"
        return f"{self.used:.0f} of {self.allowed} {unit} are used{reset}."


@dataclass(frozen=True, slots=True)
class LicenseStatus:
    """The present entitlement, its use, and what a person should know of both."""

    entitlement: Entitlement
    uses: tuple[LimitUse, ...]
    warnings: tuple[str, ...]


def issuers_of(settings: LicenseSettings) -> tuple[Ed25519PublicKey, ...]:
    """The issuers whose signatures are good here.

    Raises:
        ValueError: the setting holds something else than public keys.
    """
    return tuple(signing.read_public_key(text) for text in settings.public_keys.split(",") if text.strip())


def activate(session: Session, actor: Actor, key: str, settings: LicenseSettings) -> License:
    """Activate a licence key; it counts from now on, in place of the one before. Doing it twice is doing it once.

    Raises:
        InvalidLicense: the key is damaged or nobody's whom this deployment knows.
        Conflict: the licence expired, grace period included.
    """
    terms = license_keys.verify(key, issuers_of(settings))
    if terms.expires_at + settings.grace <= license_clock.now(session):
        raise Conflict(f"This licence expired on {terms.expires_on}.", expires_on=terms.expires_on.isoformat())
    license_: License = session.execute(
        insert(License)
        .values(id=terms.id, key="".join(key.split()), activated_by=actor.id)
        .on_conflict_do_update(
            index_elements=["id"], set_={"activated_at": func.clock_timestamp(), "activated_by": actor.id}
        )
        .returning(License),
        execution_options={"populate_existing": True},
    ).scalar_one()
    audit.record(
        session,
        actor,
        Action.LICENSE_ACTIVATED,
        f"license:{terms.id}",
        detail=terms.model_dump(mode="json", exclude={"id"}),
    )
    return license_


def find(session: Session, settings: LicenseSettings) -> list[tuple[License, LicenseTerms]]:
    """List the licences that were activated here, the one activated last first; those no longer valid are left out."""
    return _readable(session.scalars(select(License).order_by(License.activated_at.desc())).all(), settings)


def entitlement(session: Session, settings: LicenseSettings, now: datetime) -> Entitlement:
    """Tell what may be used at a time, or at the latest that was ever seen where that is later.

    Of the licences that have started, the one that was activated last counts. A licence for the next year may so be
    activated ahead.
    """
    if not issuers_of(settings):
        return Entitlement(Standing.UNLIMITED, None, None, None, frozenset(Feature))
    now = license_clock.at_least(session, now)
    started = [terms for _, terms in find(session, settings) if terms.starts_at <= now]
    if not started:
        return _evaluation(Standing.EVALUATION, None, settings)
    terms = started[0]
    ends_at = terms.expires_at + settings.grace
    if now >= ends_at:
        return _evaluation(Standing.EXPIRED, terms, settings)
    standing = Standing.LICENSED if now < terms.expires_at else Standing.GRACE
    return Entitlement(
        standing, terms, terms.cameras, terms.monthly_minutes, frozenset(terms.features), ends_at=ends_at
    )


def status(session: Session, settings: LicenseSettings) -> LicenseStatus:
    """Tell what may be used, what is used, and what to warn of."""
    now = license_clock.now(session)
    entitled = entitlement(session, settings, now)
    uses = (_cameras(session, entitled), _minutes(session, entitled, now))
    warnings = [_expiry_warning(entitled, now), *(use.warning for use in uses)]
    return LicenseStatus(entitled, uses, tuple(text for text in warnings if text is not None))


def require_minutes(session: Session, settings: LicenseSettings, *, with_use: bool = True) -> LimitUse:
    """Refuse a new upload once the month's minutes are used up.

    A file's length is known only when it was read, so the last upload that is let in may go over the limit.

    Args:
        session: the transaction.
        settings: whose licences count.
        with_use: whether a refusal tells how much is used, which all cameras have used together.

    Returns:
        The use of the limit, for its warning.

    Raises:
        LicenseLimit: nothing is left of this month.
    """
    now = license_clock.now(session)
    return _require_room(_minutes(session, entitlement(session, settings, now), now), with_use=with_use)


def require_camera(session: Session, settings: LicenseSettings, *, with_use: bool = True) -> LimitUse:
    """Refuse one more active camera where the licence has no room for it.

    Cameras are added one at a time from here to the end of the transaction, so two callers cannot share the last place.

    Args:
        session: the transaction.
        settings: whose licences count.
        with_use: whether a refusal tells how many cameras are active.

    Returns:
        The use of the limit before the camera is added.

    Raises:
        LicenseLimit: as many cameras are active as may be.
    """
    session.execute(select(func.pg_advisory_xact_lock(_CAMERA_LOCK)))
    used = _cameras(session, entitlement(session, settings, license_clock.now(session)))
    return _require_room(used, with_use=with_use)


def require_feature(session: Session, settings: LicenseSettings, feature: Feature) -> None:
    """Refuse a feature that the licence leaves out.

    Raises:
        LicenseLimit: the licence does not have it.
    """
    if feature not in entitlement(session, settings, license_clock.now(session)).features:
        raise LicenseLimit(f"The licence does not include {feature.value.replace('_', ' ')}.", limit=feature.value)


def give_notice(session: Session, settings: LicenseSettings) -> list[LicenseWarning]:
    """Promise a `license.warning` for every warning that was not given yet: once a month for each limit and threshold.

    Returns:
        The warnings that are new.
    """
    now = license_clock.now(session)
    entitled = entitlement(session, settings, now)
    given: list[LicenseWarning] = []
    for use in (_cameras(session, entitled), _minutes(session, entitled, now)):
        if use.warning is not None and use.allowed is not None:
            full = use.used >= use.allowed
            kind = f"{use.kind.value}:{100 if full else round(WARN_AT * 100)}"
            given += _notice_once(session, now.date(), kind, use.warning)
    expiry = _expiry_warning(entitled, now)
    if expiry is not None:
        given += _notice_once(session, now.date(), f"license:{entitled.standing.value}", expiry)
    return given


def _readable(rows: Sequence[License], settings: LicenseSettings) -> list[tuple[License, LicenseTerms]]:
    """Read the keys again; a row that was altered, or whose issuer is no longer known, is as good as absent."""
    issuers = issuers_of(settings)
    found: list[tuple[License, LicenseTerms]] = []
    for row in rows:
        try:
            terms = license_keys.verify(row.key, issuers)
        except InvalidLicense:
            continue
        found.append((row, terms))
    return found


def _evaluation(standing: Standing, terms: LicenseTerms | None, settings: LicenseSettings) -> Entitlement:
    return Entitlement(standing, terms, settings.evaluation_cameras, settings.evaluation_minutes, frozenset(Feature))


def _cameras(session: Session, entitled: Entitlement) -> LimitUse:
    active = session.scalar(select(func.count()).select_from(Camera).where(Camera.active)) or 0
    return LimitUse(LimitKind.CAMERAS, active, entitled.cameras)


def _minutes(session: Session, entitled: Entitlement, now: datetime) -> LimitUse:
    month = usage.of_month(session, now)
    return LimitUse(LimitKind.MONTHLY_MINUTES, month.minutes, entitled.monthly_minutes, month.resets_at)


def _require_room(use: LimitUse, *, with_use: bool) -> LimitUse:
    if use.allowed is None or use.used < use.allowed:
        return use
    used = round(use.used, 1) if with_use else None
    members: dict[str, Any] = {"limit": use.kind.value, "allowed": use.allowed, "used": used}
    if use.kind is LimitKind.CAMERAS:
        state = f"{use.used:.0f} are active" if with_use else "no more can be active"
        raise LicenseLimit(
            f"The licence covers {use.allowed} active cameras, and {state}. "
            "Deactivate one, or activate a larger licence.",
            **members,
        )
    state = f"{use.used:.0f} are used" if with_use else "they are used up"
    reset = use.resets_at.isoformat() if use.resets_at else None
    raise LicenseLimit(
        f"The licence covers {use.allowed} minutes of footage a month, and {state}. "
        f"It resets at {reset}; a larger licence counts at once.",
        **members,
        resets_at=reset,
    )


def _expiry_warning(entitled: Entitlement, now: datetime) -> str | None:
    if entitled.terms is None:
        return None
    if entitled.standing is Standing.LICENSED and entitled.terms.expires_at - now < WARN_AHEAD:
        return f"The licence expires on {entitled.terms.expires_on}."
    if entitled.standing is Standing.GRACE:
        return (
            f"The licence expired on {entitled.terms.expires_on}; it counts until {entitled.ends_at:%Y-%m-%d}, "
            "then evaluation limits apply."
        )
    if entitled.standing is Standing.EXPIRED:
        return f"The licence expired on {entitled.terms.expires_on}; evaluation limits apply."
    return None


def _notice_once(session: Session, today: date, kind: str, text: str) -> list[LicenseWarning]:
    period = today.replace(day=1)
    new = session.scalar(
        insert(LicenseNotice).values(period=period, kind=kind).on_conflict_do_nothing().returning(LicenseNotice.kind)
    )
    if new is None:
        return []
    warning = LicenseWarning(kind=kind, period=period, detail=text)
    outbox.add(session, EventType.LICENSE_WARNING, f"license:{kind}", warning)
    return [warning]
