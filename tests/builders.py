"""Rows and values that tests of several parts need, with as much of them told as the test cares about."""

from dataclasses import replace
from datetime import UTC, datetime
from uuid import UUID, uuid4

from sqlalchemy import func, select, update

from anpr.alerts import bolos
from anpr.audit import Actor
from anpr.capture import jobs, passages
from anpr.capture.passages import Images, PlateBox, RecordedPassage
from anpr.db import Database
from anpr.identity.principals import Principal
from anpr.models import Camera, Event, Role, Upload, User

CAPTURED_AT = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)

PASSAGE = RecordedPassage(
    passage_no=0,
    plate="LS15EBC",
    raw_plate="LS15 EBC",
    readable=True,
    score=0.97,
    dscore=0.88,
    region=("gb", 0.9),
    box=PlateBox(10.0, 20.0, 110.0, 45.0),
    first_frame=3,
    last_frame=30,
    best_frame=15,
    first_s=0.1,
    last_s=1.0,
    best_s=0.5,
    frames_seen=20,
    frames_agreeing=18,
    candidates=(("LS15EBC", 0.97), ("LS15E8C", 0.02)),
)


def passage(number: int, **changes: object) -> RecordedPassage:
    """A passage with the given number."""
    return replace(PASSAGE, passage_no=number, **changes)  # type: ignore[arg-type] # the fields' types differ


def images_of(upload_id: UUID, number: int = 0) -> Images:
    """Where the images of a passage are."""
    return passages.name_images(upload_id, number, b"crop", b"frame")


def add_upload(database: Database, **columns: object) -> Upload:
    """Store an upload of a camera of its own; `columns` are set after the defaults."""
    with database.transaction() as session:
        camera = Camera(id=uuid4(), name=f"camera {uuid4()}")
        session.add(camera)
        session.flush()
        upload = Upload(
            id=uuid4(),
            camera_id=camera.id,
            file_name="clip.mp4",
            content_type="video/mp4",
            size_bytes=1000,
            captured_at=CAPTURED_AT,
        )
        session.add(upload)
        session.flush()
        if columns:
            session.execute(update(Upload).where(Upload.id == upload.id).values(**columns))
        session.refresh(upload)
    return upload


def reload(database: Database, upload: Upload) -> Upload:
    """The upload as it is now."""
    with database.transaction() as session:
        return session.get_one(Upload, upload.id)


def add_user(database: Database, role: Role = Role.REVIEWER) -> Principal:
    """Store a user and make them the caller."""
    user = User(id=uuid4(), email=f"{uuid4()}@example.org", password_hash="-", role=role)
    with database.transaction() as session:
        session.add(user)
    return Principal(Actor(user.id, user.email), role)


def add_event(database: Database, *, upload: Upload | None = None, **columns: object) -> Event:
    """Store a passage as the worker does, of an upload of its own unless one is given; `columns` are set after that."""
    upload = upload or add_upload(database)
    with database.transaction() as session:
        claimed = jobs.claim(session, upload.id, uuid4())
        assert isinstance(claimed, jobs.Claim)
        number = session.scalar(select(func.count()).where(Event.upload_id == upload.id)) or 0
        fields = {name: columns.pop(name) for name in tuple(columns) if name in RecordedPassage.__slots__}
        images = images_of(upload.id, number)
        assert passages.record(session, claimed, passage(number, **fields), images, matcher=bolos.Matcher())
        jobs.give_back(session, claimed, tried=False)
        event = session.scalars(select(Event).where(Event.upload_id == upload.id, Event.passage_no == number)).one()
        for name, value in columns.items():
            setattr(event, name, value)
    return event
