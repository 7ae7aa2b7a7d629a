from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import delete, select, update

from anpr.audit import SYSTEM
from anpr.db import Database
from anpr.errors import Conflict
from anpr.governance import license_keys, licenses, signing, usage
from anpr.governance.license_keys import Feature, InvalidLicense, LicenseTerms
from anpr.governance.licenses import LicenseLimit, Standing
from anpr.messages import EventType, UploadProcessed
from anpr.models import AuditRecord, Camera, License, LicenseClock, OutboxMessage
from anpr.settings import LicenseSettings

PEM, PUBLIC = signing.new_signing_key()
PRIVATE = signing.read_private_key(PEM)
SETTINGS = LicenseSettings(public_keys=PUBLIC, evaluation_cameras=2, evaluation_minutes=10)
TODAY = datetime.now(UTC).date()


def key(**changes: Any) -> str:
    values = {
        "holder": "City of Cluj",
        "plan": "city",
        "cameras": 4,
        "monthly_minutes": 100,
        "features": (Feature.EXPORTS,),
        "starts_on": TODAY - timedelta(days=10),
        "expires_on": TODAY + timedelta(days=100),
    }
    return license_keys.issue(LicenseTerms.model_validate(values | changes), PRIVATE)


def activate(database: Database, **changes: Any) -> License:
    with database.transaction() as session:
        return licenses.activate(session, SYSTEM, key(**changes), SETTINGS)


def status(database: Database, settings: LicenseSettings = SETTINGS) -> licenses.LicenseStatus:
    with database.transaction() as session:
        return licenses.status(session, settings)


def use_minutes(database: Database, minutes: float) -> None:
    use = UploadProcessed(
        upload_id=uuid4(),
        camera_id=uuid4(),
        media="video",
        duration_s=minutes * 60,
        frames=1,
        events=0,
        unreadable=0,
        finished_at=datetime.now(UTC),
    )
    with database.transaction() as session:
        usage.record(session, use, uuid4())


def add_cameras(database: Database, count: int, *, active: bool = True) -> None:
    with database.transaction() as session:
        session.add_all(Camera(name=str(uuid4()), active=active) for _ in range(count))


def test_nothing_is_limited_where_nobody_sells_licences(database: Database) -> None:
    add_cameras(database, 10)
    use_minutes(database, 1e6)
    unlimited = LicenseSettings()
    with database.transaction() as session:
        licenses.require_camera(session, unlimited)
        licenses.require_minutes(session, unlimited)
        licenses.require_feature(session, unlimited, Feature.WEBHOOKS)
    assert status(database, unlimited).entitlement.standing is Standing.UNLIMITED


def test_without_a_licence_the_evaluation_limits_hold(database: Database) -> None:
    entitled = status(database).entitlement
    assert entitled.standing is Standing.EVALUATION
    assert (entitled.cameras, entitled.monthly_minutes) == (2, 10)
    assert entitled.features == frozenset(Feature)


def test_an_activated_licence_counts(database: Database) -> None:
    activate(database)
    entitled = status(database).entitlement
    assert entitled.standing is Standing.LICENSED
    assert (entitled.cameras, entitled.monthly_minutes) == (4, 100)
    with database.transaction() as session:
        licenses.require_feature(session, SETTINGS, Feature.EXPORTS)
        with pytest.raises(LicenseLimit, match="does not include webhooks"):
            licenses.require_feature(session, SETTINGS, Feature.WEBHOOKS)
        assert session.scalars(select(AuditRecord.action)).all() == ["license.activated"]


def test_the_licence_activated_last_counts_and_activating_again_is_allowed(database: Database) -> None:
    small, large = key(cameras=1), key(cameras=9)
    for each in (small, large, small):
        with database.transaction() as session:
            licenses.activate(session, SYSTEM, each, SETTINGS)
    assert status(database).entitlement.cameras == 1
    with database.transaction() as session:
        assert [terms.cameras for _, terms in licenses.find(session, SETTINGS)] == [1, 9]


def test_a_licence_activated_ahead_waits_for_its_first_day(database: Database) -> None:
    activate(database, cameras=4)
    activate(database, cameras=9, starts_on=TODAY + timedelta(days=2))
    assert status(database).entitlement.cameras == 4
    with database.transaction() as session:
        in_two_days = licenses.entitlement(session, SETTINGS, datetime.now(UTC) + timedelta(days=2))
    assert in_two_days.cameras == 9


def test_a_forged_licence_is_not_activated(database: Database) -> None:
    other, _ = signing.new_signing_key()
    terms = license_keys.verify(key(), licenses.issuers_of(SETTINGS))
    forged = license_keys.issue(terms, signing.read_private_key(other))
    with database.transaction() as session, pytest.raises(InvalidLicense):
        licenses.activate(session, SYSTEM, forged, SETTINGS)


def test_a_row_that_was_edited_grants_nothing(database: Database) -> None:
    activate(database)
    other, _ = signing.new_signing_key()
    terms = LicenseTerms(
        holder="x", plan="x", cameras=999, monthly_minutes=1, starts_on=TODAY, expires_on=TODAY + timedelta(days=1)
    )
    with database.transaction() as session:
        session.execute(update(License).values(key=license_keys.issue(terms, signing.read_private_key(other))))
    assert status(database).entitlement.standing is Standing.EVALUATION


def test_an_expired_licence_counts_through_its_grace_period(database: Database) -> None:
    activate(database, expires_on=TODAY - timedelta(days=1))
    now = status(database)
    assert now.entitlement.standing is Standing.GRACE
    assert now.entitlement.cameras == 4
    assert any("expired" in warning for warning in now.warnings)
    with database.transaction() as session:
        after = licenses.entitlement(session, SETTINGS, datetime.now(UTC) + SETTINGS.grace)
    assert after.standing is Standing.EXPIRED
    assert (after.cameras, after.monthly_minutes) == (2, 10)


def test_a_licence_past_its_grace_period_cannot_be_activated(database: Database) -> None:
    with pytest.raises(Conflict, match="expired on"):
        activate(database, starts_on=date(2020, 1, 1), expires_on=date(2020, 12, 31))


def test_the_problem_says_which_limit_its_use_and_its_reset(database: Database) -> None:
    use_minutes(database, 9.9)
    with database.transaction() as session:
        assert licenses.require_minutes(session, SETTINGS).warning is not None
    use_minutes(database, 2.0)
    with database.transaction() as session, pytest.raises(LicenseLimit) as caught:
        licenses.require_minutes(session, SETTINGS)
    with database.transaction() as session:
        resets_at = usage.of_month(session, datetime.now(UTC)).resets_at
    assert caught.value.status == 402
    assert caught.value.extra == {
        "limit": "monthly_minutes",
        "allowed": 10,
        "used": 11.9,
        "resets_at": resets_at.isoformat(),
    }


def test_cameras_are_limited_by_those_that_are_active(database: Database) -> None:
    add_cameras(database, 5, active=False)
    add_cameras(database, 1)
    with database.transaction() as session:
        licenses.require_camera(session, SETTINGS)
    add_cameras(database, 1)
    with database.transaction() as session, pytest.raises(LicenseLimit) as caught:
        licenses.require_camera(session, SETTINGS)
    assert caught.value.extra == {"limit": "cameras", "allowed": 2, "used": 2}


@pytest.mark.parametrize(("minutes", "warned"), [(7.9, False), (8.0, True), (12.0, True)])
def test_a_warning_is_given_from_80_per_cent_on(database: Database, minutes: float, warned: bool) -> None:
    use_minutes(database, minutes)
    assert bool(status(database).warnings) is warned


def test_a_licence_says_that_it_is_about_to_expire(database: Database) -> None:
    activate(database, expires_on=TODAY + timedelta(days=40))
    assert status(database).warnings == ()
    activate(database, expires_on=TODAY + timedelta(days=20))
    assert status(database).warnings == (f"The licence expires on {TODAY + timedelta(days=20)}.",)
    with database.transaction() as session:
        assert [warning.kind for warning in licenses.give_notice(session, SETTINGS)] == ["license:licensed"]


def test_a_notice_is_given_once_for_each_threshold(database: Database) -> None:
    kinds = []
    for minutes in (5.0, 3.0, 0.5, 3.0, 1.0):
        use_minutes(database, minutes)
        with database.transaction() as session:
            kinds.append([warning.kind for warning in licenses.give_notice(session, SETTINGS)])
    assert kinds == [[], ["monthly_minutes:80"], [], ["monthly_minutes:100"], []]
    with database.transaction() as session:
        promised = session.scalars(select(OutboxMessage.type)).all()
    assert promised == [EventType.LICENSE_WARNING] * 2


def seen(database: Database, time: datetime) -> None:
    """Have the deployment have been used at a time, after which its clock was set to the present."""
    with database.transaction() as session:
        session.execute(update(LicenseClock).values(latest=time))


def test_a_clock_that_is_set_back_brings_no_licence_back(database: Database) -> None:
    activate(database)
    seen(database, datetime.now(UTC) + timedelta(days=100 + 60))

    now = status(database)
    assert now.entitlement.standing is Standing.EXPIRED
    assert any("expired" in warning for warning in now.warnings)
    add_cameras(database, 2)
    with database.transaction() as session, pytest.raises(LicenseLimit):
        licenses.require_camera(session, SETTINGS)
    with database.transaction() as session:
        early = licenses.entitlement(session, SETTINGS, datetime.now(UTC) - timedelta(days=365))
        assert early.standing is Standing.EXPIRED
    with pytest.raises(Conflict, match="expired on"):
        activate(database)


def test_a_clock_that_is_set_back_starts_no_month_again(database: Database) -> None:
    later = (TODAY.replace(day=1) + timedelta(days=40)).replace(day=1)
    activate(database, expires_on=later + timedelta(days=365))
    seen(database, datetime(later.year, later.month, 15, tzinfo=UTC))

    [_, minutes] = status(database).uses
    assert minutes.resets_at is not None
    assert minutes.resets_at > datetime(later.year, later.month, 15, tzinfo=UTC)


def test_the_latest_time_is_kept_to_the_hour(database: Database) -> None:
    def latest() -> datetime:
        with database.transaction() as session:
            return session.scalars(select(LicenseClock.latest)).one()

    now = datetime.now(UTC)
    for before, written in ((now - timedelta(days=3), True), (now - timedelta(minutes=50), False)):
        seen(database, before)
        status(database)
        assert (latest() != before) is written
        assert latest() <= datetime.now(UTC) + timedelta(seconds=5)


def test_a_deployment_whose_row_of_the_clock_is_gone_goes_by_its_clock(database: Database) -> None:
    activate(database)
    with database.transaction() as session:
        session.execute(delete(LicenseClock))
    assert status(database).entitlement.standing is Standing.LICENSED
