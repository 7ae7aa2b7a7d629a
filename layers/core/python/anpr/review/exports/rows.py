"""An export's items and entries, read from the database in bounded pages."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Row, Select, case, select
from sqlalchemy.orm import InstrumentedAttribute

from anpr.db import Database
from anpr.models import Camera, Event, ExportEntry, ExportItem, Upload
from anpr.review.exports.progress import CROPS, FRAMES

PAGE: Final = 2000


@dataclass(frozen=True, slots=True)
class Box:
    """A plate in a full frame, in pixels."""

    xmin: float
    ymin: float
    xmax: float
    ymax: float


@dataclass(frozen=True, slots=True)
class Image:
    """An image that is to be added.

    Attributes:
        no: the item whose image it is.
        event_id: the item's event.
        key: where the image is in the storage; None where its event was erased since the export was planned.
        split: which side it is on.
        boxes: all plates in it, for a full frame.
    """

    no: int
    event_id: UUID
    key: str | None
    split: str
    boxes: tuple[Box, ...] = ()


def images(database: Database, export_id: UUID, stage: str, after: int) -> Iterator[Image]:
    """The images of a stage in order, from the item behind `after`."""
    # A frame whose plate nobody says the place of would teach that there is none.
    located = case((Event.box_xmin.is_not(None), Event.frame_key))
    key = Event.crop_key if stage == CROPS else located
    statement = (
        select(ExportItem.no, ExportItem.event_id, ExportItem.split, key.label("key"))
        .outerjoin(Event, Event.id == ExportItem.event_id)
        .where(ExportItem.export_id == export_id)
    )
    if stage == FRAMES:
        statement = statement.where(ExportItem.frame_no == ExportItem.no)
    for page in pages(database, statement, ExportItem.no, after=after):
        boxes = _boxes(database, export_id, page) if stage == FRAMES else {}
        for row in page:
            yield Image(row.no, row.event_id, row.key, row.split, tuple(boxes.get(row.no, ())))


def events(database: Database, export_id: UUID) -> Iterator[Row[Any]]:
    """The items in order, each with its whole event and the camera's name."""
    statement = (
        select(ExportItem, Event, Camera.name.label("camera_name"), Upload.source_version_id, Upload.source_sha256)
        .join(Event, Event.id == ExportItem.event_id)
        .join(Camera, Camera.id == Event.camera_id)
        .join(Upload, Upload.id == Event.upload_id)
        .where(ExportItem.export_id == export_id)
    )
    for page in pages(database, statement, ExportItem.no):
        yield from page


def labelled(database: Database, export_id: UUID, stage: str) -> Iterator[Row[Any]]:
    """What labels are made of, for the items whose image of a stage is in the archive, in order.

    Only the columns that labels need: a large export is walked through once a label file.
    """
    item_no = ExportItem.no if stage == CROPS else ExportItem.frame_no
    statement = (
        select(
            ExportItem.no,
            ExportItem.event_id,
            ExportItem.plate,
            ExportItem.region_code,
            ExportItem.split,
            ExportItem.frame_no,
            ExportEntry.name,
            Event.box_xmin,
            Event.box_ymin,
            Event.box_xmax,
            Event.box_ymax,
        )
        .join(
            ExportEntry,
            (ExportEntry.export_id == ExportItem.export_id)
            & (ExportEntry.stage == stage)
            & (ExportEntry.item_no == item_no),
        )
        # An event that was erased since has no label any more.
        .join(Event, Event.id == ExportItem.event_id)
        .where(ExportItem.export_id == export_id)
    )
    for page in pages(database, statement, ExportItem.no):
        yield from page


def entries(database: Database, export_id: UUID, *, stage: str | None = None) -> Iterator[Row[Any]]:
    """The files in the archive's uploaded parts, in order, each with its item's split."""
    statement = (
        select(
            ExportEntry.no,
            ExportEntry.item_no,
            ExportEntry.name,
            ExportEntry.offset,
            ExportEntry.size,
            ExportEntry.crc32,
            ExportEntry.sha256,
            ExportEntry.width,
            ExportEntry.height,
            ExportItem.split,
        )
        .join(ExportItem, (ExportItem.export_id == ExportEntry.export_id) & (ExportItem.no == ExportEntry.item_no))
        .where(ExportEntry.export_id == export_id)
    )
    if stage is not None:
        statement = statement.where(ExportEntry.stage == stage)
    for page in pages(database, statement, ExportEntry.no):
        yield from page


def pages(
    database: Database, statement: Select[*tuple[Any, ...]], key: InstrumentedAttribute[int], *, after: int = 0
) -> Iterator[Sequence[Row[Any]]]:
    """Read a long result by its key, a transaction a page: none stays open while an archive is uploaded."""
    while True:
        with database.transaction() as session:
            page = session.execute(
                statement.add_columns(key.label("page_key")).where(key > after).order_by(key).limit(PAGE)
            ).all()
        if page:
            yield page
        if len(page) < PAGE:
            return
        after = page[-1].page_key


def _boxes(database: Database, export_id: UUID, page: Sequence[Row[Any]]) -> dict[int | None, list[Box]]:
    """The plates in some frames, by the frame's number."""
    with database.transaction() as session:
        rows = session.execute(
            select(ExportItem.frame_no, Event.box_xmin, Event.box_ymin, Event.box_xmax, Event.box_ymax)
            .join(Event, Event.id == ExportItem.event_id)
            .where(
                ExportItem.export_id == export_id,
                ExportItem.frame_no.between(page[0].no, page[-1].no),
                Event.box_xmin.is_not(None),
            )
            .order_by(ExportItem.no)
        ).all()
    boxes: dict[int | None, list[Box]] = {}
    for frame_no, *corners in rows:
        # Of which there are all four, or none: those have been left out.
        boxes.setdefault(frame_no, []).append(Box(*(corner or 0.0 for corner in corners)))
    return boxes
