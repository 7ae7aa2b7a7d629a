"""A single picture as Plate Recognizer's Snapshot API takes and answers it, for clients that were written for that.

Source: https://guides.platerecognizer.com/docs/snapshot/api-reference, and for the bodies of its refusals what its
users published. What of it is honoured: docs/plate-reader.md.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated, Any, Final
from urllib.parse import parse_qsl
from uuid import UUID

from pydantic import Field

from anpr.capture.pictures import PlateInPicture, Wanted
from anpr.errors import BadRequest
from anpr.regions import REGION_PATTERN, normalize_region
from functions.api.answering import Answer, Asked
from functions.api.engines.payload import Payload, moment_at, picture_at, share_at
from functions.api.schemas.common import ResponseModel

_VERSION: Final = 1
_UNNAMED: Final = "upload.jpg"
_MAX_FILE_NAME: Final = 200


@dataclass(frozen=True, slots=True)
class Form:
    """What was posted.

    Attributes:
        values: the texts of each field, in their order.
        file: the file `upload`, where it came as one.
        file_name: what the client calls it.
    """

    values: Mapping[str, list[str]]
    file: bytes | None
    file_name: str

    @classmethod
    def of(cls, content_type: str, body: bytes) -> "Form":
        """Take a body apart: a form of either type, or JSON.

        Raises:
            anpr.errors.AnprError: it is none.
        """
        kind = content_type.partition(";")[0].strip().lower()
        if kind == "application/json":
            return cls(_of_json(body), None, _UNNAMED)
        if kind == "application/x-www-form-urlencoded":
            pairs = parse_qsl(body.decode("utf-8", "replace"), keep_blank_values=True)
            return cls(_gathered(pairs), None, _UNNAMED)
        payload = Payload.of(content_type, body)
        if not payload.parts:
            raise BadRequest("Post a form (multipart/form-data) with the picture as `upload`.")
        files = [part for part in payload.parts if part.name == "upload" and part.file_name]
        texts = [(part.name, part.content.decode("utf-8", "replace")) for part in payload.parts if not part.file_name]
        if not files:
            return cls(_gathered(texts), None, _UNNAMED)
        return cls(_gathered(texts), files[0].content, _called(files[0].file_name))

    def text(self, name: str) -> str | None:
        """The first value of a field; None where it has none, or an empty one."""
        return next((value.strip() for value in self.values.get(name, ()) if value.strip()), None)

    def asked(self) -> Asked:
        """The backend's form of it.

        Raises:
            anpr.errors.AnprError: a field is not as it must be.
        """
        told = self.text("timestamp")
        return Asked(
            picture=self._picture(),
            camera=self.text("camera_id"),
            captured_at=None if told is None else moment_at(told, "/timestamp"),
            wanted=self._wanted(),
        )

    def _picture(self) -> bytes:
        if self.file is not None:
            return self.file
        found = picture_at(self.text("upload"), "/upload")
        if found is not None:
            return found
        if self.text("upload_url") is not None:
            raise BadRequest("upload_url: pictures are not fetched from elsewhere; send the file as `upload`.")
        raise BadRequest("upload: No file was submitted.")

    def _wanted(self) -> Wanted:
        config = self._config()
        codes = [part for text in self.values.get("regions", ()) for part in re.split(r"[,\s]+", text) if part]
        known = (normalize_region(code) for code in codes if re.match(REGION_PATTERN, code))
        least, found = config.get("threshold_o"), config.get("threshold_d")
        return Wanted(
            regions=frozenset(code for code in known if code),
            fast=config.get("mode") == "fast",
            least_score=None if least is None else share_at(least, "/config/threshold_o"),
            least_dscore=0.0 if found is None else share_at(found, "/config/threshold_d"),
        )

    def _config(self) -> Mapping[str, Any]:
        text = self.text("config")
        try:
            config = {} if text is None else json.loads(text)
        except (ValueError, RecursionError) as error:
            raise BadRequest(f"config: This must be JSON: {error}.") from error
        if not isinstance(config, dict):
            raise BadRequest("config: This must be a JSON object.")
        return config


def _of_json(body: bytes) -> dict[str, list[str]]:
    try:
        found = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise BadRequest(f"The body is no JSON: {error}.") from error
    if not isinstance(found, dict):
        raise BadRequest("The body must be a JSON object.")
    listed = {name: value if isinstance(value, list) else [value] for name, value in found.items()}
    return {
        name: [value if isinstance(value, str) else json.dumps(value) for value in values if value is not None]
        for name, values in listed.items()
    }


def _gathered(pairs: list[tuple[str, str]]) -> dict[str, list[str]]:
    values: dict[str, list[str]] = {}
    for name, value in pairs:
        # PHP's and jQuery's forms write lists so.
        values.setdefault(name.removesuffix("[]"), []).append(value)
    return values


def _called(file_name: str) -> str:
    name = "".join(c for c in re.split(r"[/\\]", file_name)[-1] if c.isprintable() and not "\ud800" <= c <= "\udfff")
    return name[-_MAX_FILE_NAME:] or _UNNAMED


class WholeBox(ResponseModel):
    """A box in whole pixels."""

    xmin: int
    ymin: int
    xmax: int
    ymax: int


class SnapshotRegion(ResponseModel):
    """Where a plate is from; without a code and with a score of 0 where that is unknown."""

    code: str
    score: float


class SnapshotCandidate(ResponseModel):
    """Another reading."""

    score: float
    plate: str


class SnapshotVehicle(ResponseModel):
    """The vehicle, which is not looked for: its box is the plate's, its type unknown."""

    score: float
    type: str
    box: WholeBox


class SnapshotPlate(ResponseModel):
    """One plate; in small letters."""

    box: WholeBox
    plate: str
    region: SnapshotRegion
    score: float
    candidates: list[SnapshotCandidate]
    dscore: float
    vehicle: SnapshotVehicle
    event_id: Annotated[UUID | None, Field(description="Of the passage, where a camera is named: the backend's own.")]


class SnapshotOut(ResponseModel):
    """What is in a picture."""

    processing_time: Annotated[float, Field(description="Milliseconds.")]
    results: list[SnapshotPlate]
    filename: str
    version: int
    camera_id: str | None
    timestamp: str


class SnapshotRefusal(ResponseModel):
    """Why there is no answer."""

    detail: str
    status_code: int


def snapshot_out(answer: Answer, form: Form, asked: Asked) -> SnapshotOut:
    """Render what is in a picture."""
    at = answer.standing.captured_at if answer.standing is not None else asked.captured_at
    return SnapshotOut(
        processing_time=answer.ms,
        results=[_plate(plate, event_id) for plate, _, event_id in answer.plates()],
        filename=form.file_name,
        version=_VERSION,
        camera_id=asked.camera,
        timestamp=_written(at or datetime.now(UTC)),
    )


def _written(at: datetime) -> str:
    """A time as they write it; one without a zone stays without."""
    if at.tzinfo is None:
        return at.isoformat(timespec="microseconds")
    return at.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")


def _plate(plate: PlateInPicture, event_id: UUID | None) -> SnapshotPlate:
    box = WholeBox(
        xmin=round(plate.box.xmin), ymin=round(plate.box.ymin), xmax=round(plate.box.xmax), ymax=round(plate.box.ymax)
    )
    code, score = plate.region or ("", 0.0)
    others = [(text, share) for text, share in plate.candidates if text != plate.plate]
    return SnapshotPlate(
        box=box,
        plate=plate.plate.lower(),
        region=SnapshotRegion(code=code, score=round(score, 3)),
        score=round(plate.score, 3),
        candidates=[
            SnapshotCandidate(score=round(share, 3), plate=text.lower())
            for text, share in [(plate.plate, plate.score), *others]
        ],
        dscore=round(plate.dscore, 3),
        vehicle=SnapshotVehicle(score=0.0, type="Unknown", box=box),
        event_id=event_id,
    )
