"""The files that say what is in an archive: labels for training, tables of events, and the manifest.

Each is made line by line while it is written, so none is ever in memory as a whole.
"""

import csv
import io
import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

from anpr.db import Database
from anpr.review.exports import plan, rows
from anpr.review.exports.archive import Member
from anpr.review.exports.progress import CROPS, FRAMES, BuildClaim
from anpr.review.exports.requests import DATASET_STATUSES, Content
from anpr.review.exports.rows import Box

UNKNOWN_REGION: Final = "Unknown"
_CLASS: Final = "license_plate"
_ACTIVE: Final = ("=", "+", "-", "@", "\t", "\r")


def files(database: Database, claim: BuildClaim) -> Iterator[tuple[str, Iterator[str]]]:
    """The label files and tables of an export: names, and their text in pieces."""
    contents = claim.request.contents
    if Content.CROPS in contents:
        yield "labels.csv", plate_labels(database, claim, None)
        yield "train.csv", plate_labels(database, claim, plan.TRAIN)
        yield "val.csv", plate_labels(database, claim, plan.VAL)
    if Content.YOLO in contents:
        yield "data.yaml", iter([data_yaml(has_val=claim.request.validation_share > 0)])
    if Content.COCO in contents:
        yield "annotations/instances_train.json", coco(database, claim, plan.TRAIN)
        yield "annotations/instances_val.json", coco(database, claim, plan.VAL)
    if Content.CSV in contents:
        yield "events.csv", events_csv(database, claim)
    if Content.JSONL in contents:
        yield "events.jsonl", events_jsonl(database, claim)


def image_name(stage: str, split: str, event_id: object) -> str:
    """Name of an image in the archive. Crops lie together and the CSV files split them; trainers read them so."""
    return f"crops/{event_id}.jpg" if stage == CROPS else f"images/{split}/{event_id}.jpg"


def yolo_name(split: str, event_id: object) -> str:
    """Name of a frame's label file: the image's, with another folder and suffix."""
    return f"labels/{split}/{event_id}.txt"


def yolo(boxes: Iterable[Box], width: int, height: int) -> str:
    """Labels of one frame in YOLO's format: class, then centre and size as shares of the image's."""
    lines = []
    for box in boxes:
        xmin, xmax = _within(box.xmin, width), _within(box.xmax, width)
        ymin, ymax = _within(box.ymin, height), _within(box.ymax, height)
        numbers = ((xmin + xmax) / 2 / width, (ymin + ymax) / 2 / height, (xmax - xmin) / width, (ymax - ymin) / height)
        lines.append("0 " + " ".join(f"{number:.6f}" for number in numbers) + "\n")
    return "".join(lines)


def data_yaml(*, has_val: bool) -> str:
    """The dataset's description that YOLO trainers start from. They refuse one without a validation set."""
    val = "images/val" if has_val else "images/train"
    return f"path: .\ntrain: images/train\nval: {val}\nnames:\n  0: {_CLASS}\n"


def plate_labels(database: Database, claim: BuildClaim, split: str | None) -> Iterator[str]:
    """The labels of the plate crops as plate readers' trainers take them, of one side of the split or of all."""
    yield _csv_line(["image_path", "plate_text", "plate_region"])
    for row in rows.labelled(database, claim.export_id, CROPS):
        if split in (None, row.split):
            yield _csv_line([row.name, row.plate, row.region_code or UNKNOWN_REGION])


def coco(database: Database, claim: BuildClaim, split: str) -> Iterator[str]:
    """One side's full frames and their plates as COCO JSON; paths are those under `images/<split>/`."""
    info = {"description": "Number plates", "date_created": claim.created_at.isoformat()}
    categories = [{"id": 1, "name": _CLASS, "supercategory": "vehicle"}]
    yield f'{{"info":{_json(info)},"categories":{_json(categories)},"images":['
    yield from _separated(_coco_images(database, claim, split))
    yield '],"annotations":['
    yield from _separated(_coco_annotations(database, claim, split))
    yield "]}\n"


def events_csv(database: Database, claim: BuildClaim) -> Iterator[str]:
    """The events as a table for spreadsheets."""
    header: list[str] | None = None
    for record in _records(database, claim):
        if header is None:
            header = list(record)
            yield _csv_line(header)
        yield _csv_line(list(record.values()))


def events_jsonl(database: Database, claim: BuildClaim) -> Iterator[str]:
    """The events as JSON, one a line."""
    for record in _records(database, claim):
        yield _json(record) + "\n"


def manifest(
    database: Database, claim: BuildClaim, counts: Mapping[str, int], others: Iterable[Member]
) -> Iterator[str]:
    """What the archive holds, with a checksum of every file but this one."""
    head = {
        "format": 1,
        "export_id": str(claim.export_id),
        "requested_at": claim.created_at.isoformat(),
        "request": claim.request.stored(),
        "camera_ids": None if claim.camera_ids is None else [str(camera_id) for camera_id in claim.camera_ids],
        "counts": dict(counts),
    }
    yield _json(head)[:-1] + ',"files":[\n'
    listed = (
        {"path": row.name, "size": row.size, "sha256": row.sha256.hex()}
        for row in rows.entries(database, claim.export_id)
    )
    made = ({"path": one.name, "size": one.size, "sha256": one.sha256.hex()} for one in others)
    yield from _separated((_json(one) for part in (listed, made) for one in part), separator=",\n")
    yield "\n]}\n"


def cell(value: object) -> str:
    """A table's cell. Text that a spreadsheet would run as a formula is made plain text by an apostrophe."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str) and value.startswith(_ACTIVE):
        return f"'{value}"
    return str(value)


def _coco_images(database: Database, claim: BuildClaim, split: str) -> Iterator[str]:
    for row in rows.entries(database, claim.export_id, stage=FRAMES):
        if row.split == split:
            file_name = row.name.rsplit("/", 1)[-1]
            yield _json({"id": row.item_no, "file_name": file_name, "width": row.width, "height": row.height})


def _coco_annotations(database: Database, claim: BuildClaim, split: str) -> Iterator[str]:
    for row in rows.labelled(database, claim.export_id, FRAMES):
        if row.split == split:
            width, height = row.box_xmax - row.box_xmin, row.box_ymax - row.box_ymin
            yield _json(
                {
                    "id": row.no,
                    "image_id": row.frame_no,
                    "category_id": 1,
                    "bbox": [row.box_xmin, row.box_ymin, width, height],
                    "area": width * height,
                    "iscrowd": 0,
                    "plate": row.plate,
                    "event_id": str(row.event_id),
                }
            )


def _records(database: Database, claim: BuildClaim) -> Iterator[dict[str, Any]]:
    for row in rows.events(database, claim.export_id):
        item, event = row.ExportItem, row.Event
        yield {
            "event_id": str(event.id),
            "upload_id": str(event.upload_id),
            "camera_id": str(event.camera_id),
            "camera": row.camera_name,
            "captured_at": event.captured_at.isoformat(),
            "plate": item.plate,
            "region": item.region_code,
            # Whether `plate` can be relied on: the machine was sure enough, or a person said what it reads.
            "readable": item.plate is not None and (event.readable or event.review_status in DATASET_STATUSES),
            "review_status": event.review_status.value,
            "machine_plate": event.plate,
            "machine_region": event.region_code,
            "machine_readable": event.readable,
            "score": event.score,
            "dscore": event.dscore,
            "first_seen_at": event.first_seen_at.isoformat(),
            "last_seen_at": event.last_seen_at.isoformat(),
            "frames_seen": event.frames_seen,
            "frames_agreeing": event.frames_agreeing,
            "xmin": event.box_xmin,
            "ymin": event.box_ymin,
            "xmax": event.box_xmax,
            "ymax": event.box_ymax,
            "processed_at": event.processed_at.isoformat(),
            "source_version_id": row.source_version_id,
            "source_sha256": row.source_sha256,
        }


def _within(value: float, length: int) -> float:
    return min(max(value, 0.0), float(length))


def _csv_line(values: Iterable[object]) -> str:
    line = io.StringIO()
    csv.writer(line, lineterminator="\n").writerow([cell(value) for value in values])
    return line.getvalue()


def _json(value: object) -> str:
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False)


def _separated(values: Iterable[str], *, separator: str = ",") -> Iterator[str]:
    first = True
    for value in values:
        yield value if first else separator + value
        first = False
