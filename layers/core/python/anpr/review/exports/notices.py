"""Telling people that their export is ready: a topic an account, with the account's own e-mail address subscribed."""

from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from anpr.db import Database
from anpr.models import Export, ExportStatus, User
from anpr.ports import Notice, Notifier


def invite(database: Database, notifier: Notifier, export_id: UUID) -> None:
    """Subscribe whoever asked to be told. The service asks an address to confirm before it sends anything else there.

    Done when the building begins, so that there is time to confirm.
    """
    with database.transaction() as session:
        asked = _asked(session, export_id)
    if asked is not None and asked[0].status is ExportStatus.QUEUED:
        notifier.subscribe(_topic(notifier, asked[1]), "email", asked[1].email)


def tell(database: Database, notifier: Notifier, export_id: UUID) -> None:
    """Say how an export ended to whoever asked to be told; once, however often this is called."""
    with database.transaction() as session:
        asked = _asked(session, export_id)
    if asked is None:
        return
    export, user = asked
    notifier.publish(_topic(notifier, user), _notice(export))
    with database.transaction() as session:
        session.get_one(Export, export_id).notify = False


def _asked(session: Session, export_id: UUID) -> tuple[Export, User] | None:
    row = session.execute(
        select(Export, User)
        .join(User, User.id == Export.requested_by)
        .where(Export.id == export_id, Export.notify, User.active)
    ).one_or_none()
    return None if row is None else (row[0], row[1])


def _topic(notifier: Notifier, user: User) -> str:
    return notifier.open_topic(f"account-{user.id}", title="ANPR")


def _notice(export: Export) -> Notice:
    if export.status is ExportStatus.READY and export.expires_at is not None:
        until = f"{export.expires_at:%Y-%m-%d %H:%M} UTC"
        text = (
            f"Your export {export.id} of {export.events_total} events is ready "
            f"({(export.size_bytes or 0) / 1e6:.1f} MB). Download it before {until}."
        )
        return Notice("Your export is ready", text, f"Export {export.id} is ready until {until}.")
    text = f"Your export {export.id} could not be made: {export.failure_reason or export.status.value}"
    return Notice("Your export could not be made", text, text[:160])
