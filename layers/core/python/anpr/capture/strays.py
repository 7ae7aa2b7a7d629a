"""Objects that no row stands for, and files that were posted over one that had been read: both are removed.

The form that a client got is good until it expires, whatever has become of its upload meanwhile: a file can come after
its upload was erased. And a worker that ends between storing an image and committing its event leaves the image. So a
schedule compares the bucket with the rows, a part of it at a time, from a place that chance picks: names of objects are
random, so every one has its turn.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final
from uuid import UUID, uuid4

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from anpr.db import Database
from anpr.messages import CROPS_PREFIX, FRAMES_PREFIX, UPLOADS_PREFIX, upload_id_of, upload_key
from anpr.models import OVER, Event, Upload
from anpr.ports import BlobStore

_KEYS: Final = 1000
"""Objects of one kind that one run looks at."""

_REPLACED: Final = 200

_SETTLED: Final = timedelta(hours=1)
"""An image is stored before its row: a younger one may belong to a row that is about to be committed."""


@dataclass(frozen=True, slots=True)
class StraysReport:
    """How many objects without a row were removed, and how many versions that are not the one that was read."""

    strays: int
    replacements: int


def remove(database: Database, blobs: BlobStore) -> StraysReport:
    """Remove a part of what should not be there. Two runs at once do no harm.

    Raises:
        anpr.errors.Unavailable: a service does not answer; what was not reached is a later run's.
    """
    replacements = _remove_replacements(database, blobs)
    strays = 0
    for prefix, find in (
        (UPLOADS_PREFIX, _stray_sources),
        (CROPS_PREFIX, _stray_images),
        (FRAMES_PREFIX, _stray_images),
    ):
        strays += _remove_below(database, blobs, prefix, find)
    return StraysReport(strays, replacements)


def _remove_replacements(database: Database, blobs: BlobStore) -> int:
    """Leave of each file that was posted more than once the version that was read, and make it the latest again."""
    with database.transaction() as session:
        found = session.execute(
            select(Upload.id, Upload.source_version_id, Upload.replacement_version_id)
            .where(Upload.replacement_version_id.is_not(None), Upload.source_version_id.is_not(None))
            .order_by(Upload.id)
            .limit(_REPLACED)
        ).all()
    removed = 0
    for upload_id, read, replacement in found:
        removed += blobs.delete_other_versions(upload_key(upload_id), keep=str(read))
        with database.transaction() as session:
            session.execute(
                update(Upload)
                .where(Upload.id == upload_id, Upload.replacement_version_id == replacement)
                .values(replacement_version_id=None)
                .execution_options(synchronize_session=False)
            )
    return removed


def _remove_below(
    database: Database, blobs: BlobStore, prefix: str, find: Callable[[Session, dict[str, datetime]], list[str]]
) -> int:
    start = f"{prefix}{uuid4()}"
    objects = dict(blobs.list_keys(prefix, after=start, limit=_KEYS))
    if len(objects) < _KEYS:
        # The end of the bucket: go on from its beginning.
        objects |= dict(blobs.list_keys(prefix, after="", limit=_KEYS - len(objects)))
    with database.transaction() as session:
        strays = find(session, objects)
    blobs.delete(strays)
    return len(strays)


def _stray_sources(session: Session, objects: dict[str, datetime]) -> list[str]:
    """Files whose upload has no row, or one that says that its file was deleted."""
    uploads = {key: upload_id for key in objects if (upload_id := upload_id_of(key)) is not None}
    kept = set(
        session.scalars(
            select(Upload.id).where(Upload.id.in_(uploads.values()), Upload.source_deleted_at.is_(None))
        ).all()
    )
    return [key for key, upload_id in uploads.items() if upload_id not in kept]


def _stray_images(session: Session, objects: dict[str, datetime]) -> list[str]:
    """Images that no event names, or one that says that its images were deleted, of uploads that are over."""
    settled = datetime.now(UTC) - _SETTLED
    images = {key: upload_id for key, at in objects.items() if at < settled and (upload_id := _image_of(key))}
    if not images:
        return []
    upload_ids = set(images.values())
    running = session.scalars(select(Upload.id).where(Upload.id.in_(upload_ids), Upload.status.not_in(OVER))).all()
    named = session.execute(
        select(Event.crop_key, Event.frame_key).where(Event.upload_id.in_(upload_ids), Event.media_deleted_at.is_(None))
    )
    kept = {key for row in named for key in row}
    busy = set(running)
    return [key for key, upload_id in images.items() if upload_id not in busy and key not in kept]


def _image_of(key: str) -> UUID | None:
    """The upload that an image is of, or None for a key of another shape."""
    parts = key.split("/")
    try:
        return UUID(parts[1]) if len(parts) == 3 else None
    except ValueError:
        return None
