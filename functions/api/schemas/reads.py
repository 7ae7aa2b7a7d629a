"""Reads of other engines, in the backend's own form."""

import base64
from datetime import datetime
from typing import Annotated, Any, Final
from uuid import UUID

from pydantic import AfterValidator, BeforeValidator, ConfigDict, Field, model_validator

from anpr.capture.passages import PlateBox
from anpr.capture.reads import Awaited, NewRead, Outcome, Picture, Recorded
from functions.api.schemas.common import Line, Region, RequestModel, ResponseModel, Written, checked_time, is_time
from functions.api.schemas.uploads import UploadForm

_MAX_VEHICLE: Final = 20


def _decoded(text: Any) -> Any:
    try:
        return base64.b64decode(text, validate=True)
    except (TypeError, ValueError) as error:
        raise ValueError("This must be a JPEG in Base64.") from error


Share = Annotated[float, Field(ge=0, le=1)]
Jpeg = Annotated[
    bytes,
    BeforeValidator(_decoded, json_schema_input_type=str),
    Field(
        description="A small JPEG in Base64; for a larger one, ask for a form.", json_schema_extra={"format": "byte"}
    ),
]
LocalOrZoned = Annotated[
    datetime,
    BeforeValidator(is_time),
    AfterValidator(checked_time),
    Field(description="When it was taken; without a zone, as the clock at the camera showed it."),
]


class PictureToCome(RequestModel):
    """A JPEG that is to be posted by a form."""

    size_bytes: Annotated[int, Field(ge=1, description="It must have exactly this size.")]
    sha256: Annotated[
        Line,
        Written(r"^[0-9a-f]{64}$", "This must be 64 hexadecimal digits, in small letters."),
        Field(description="Of its content, in hexadecimal; it is named by that."),
    ]


ToCome = Annotated[PictureToCome | None, Field(description="Asks for a form to post it with.")]


class ReadBox(RequestModel):
    """Where the plate is in the frame, in pixels."""

    xmin: Annotated[float, Field(ge=0)]
    ymin: Annotated[float, Field(ge=0)]
    xmax: Annotated[float, Field(ge=0)]
    ymax: Annotated[float, Field(ge=0)]

    @model_validator(mode="after")
    def _is_one(self) -> "ReadBox":
        if self.xmin >= self.xmax or self.ymin >= self.ymax:
            raise ValueError("A box's xmin is below its xmax, and its ymin below its ymax.")
        return self


class ReadCandidate(RequestModel):
    """Another reading, with its score."""

    plate: Annotated[Line, Field(min_length=1, max_length=64)]
    score: Share


class ReadRegion(RequestModel):
    """Where the plate is from."""

    code: Region
    score: Share | None = None


class ReadIn(RequestModel):
    """A read that a camera or another system made."""

    model_config = ConfigDict(
        json_schema_extra={
            "example": {
                "read_id": "gate-7/000123",
                "engine": "acme",
                "camera": "North gate, in",
                "plate": "B 172 WAW",
                "captured_at": "2026-03-01T08:00:00.250",
                "score": 0.93,
                "candidates": [{"plate": "B172VAW", "score": 0.05}],
                "box": {"xmin": 812, "ymin": 440, "xmax": 934, "ymax": 472},
                "crop_to_come": {
                    "size_bytes": 4312,
                    "sha256": "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
                },
            }
        }
    )

    read_id: Annotated[
        Line, Field(min_length=1, max_length=200, description="The sender's own id of it; sent twice, it counts once.")
    ]
    engine: Annotated[Line, Field(min_length=1, max_length=40, pattern=r"^[a-z0-9][a-z0-9._-]*$")]
    camera: Annotated[
        Line, Field(min_length=1, max_length=200, description="The camera's id, name or serial number here.")
    ]
    plate: Annotated[Line, Field(min_length=1, max_length=64)]
    captured_at: LocalOrZoned
    score: Annotated[Share, Field(description="Confidence of the read; 0 where none is known.")] = 0.0
    dscore: Annotated[Share, Field(description="Confidence that there is a plate at all.")] = 0.0
    region: ReadRegion | None = None
    box: ReadBox | None = None
    candidates: Annotated[list[ReadCandidate], Field(default_factory=list, max_length=10)]
    vehicle: Annotated[
        dict[Line, Line | float | bool | None] | None, Field(max_length=_MAX_VEHICLE, description="In your own words.")
    ] = None
    crop: Jpeg | None = None
    frame: Jpeg | None = None
    crop_to_come: ToCome = None
    frame_to_come: ToCome = None

    @model_validator(mode="after")
    def _each_picture_once(self) -> "ReadIn":
        both = (("crop", self.crop, self.crop_to_come), ("frame", self.frame, self.frame_to_come))
        for name, body, to_come in both:
            if body is not None and to_come is not None:
                raise ValueError(f"The {name} comes along, so there is no need of a form for it.")
        return self

    def read(self) -> NewRead:
        """The domain's form."""
        box, region = self.box, self.region
        inline = {Picture.CROP: self.crop, Picture.FRAME: self.frame}
        to_come = {Picture.CROP: self.crop_to_come, Picture.FRAME: self.frame_to_come}
        return NewRead(
            engine=self.engine,
            read_id=self.read_id,
            cameras=(self.camera,),
            plate=self.plate,
            captured_at=self.captured_at,
            score=self.score,
            dscore=self.dscore,
            region=None if region is None else (region.code, region.score),
            box=None if box is None else PlateBox(box.xmin, box.ymin, box.xmax, box.ymax),
            candidates=tuple((one.plate, one.score) for one in self.candidates),
            vehicle=self.vehicle,
            pictures={picture: body for picture, body in inline.items() if body is not None},
            awaited={
                picture: Awaited(one.size_bytes, one.sha256) for picture, one in to_come.items() if one is not None
            },
        )


class EngineQuery(RequestModel):
    """What an engine's own message does not say."""

    camera: Annotated[
        Line | None,
        Field(
            min_length=1,
            max_length=200,
            description="The camera's id, name or serial number here; by default as the message calls it.",
        ),
    ] = None


class ReadOut(ResponseModel):
    """What became of a read."""

    outcome: Annotated[
        Outcome,
        Field(
            description="`recorded` as a new passage; `stitched` to a passage of the same plate at this camera some "
            "seconds before; `repeated` where it came before."
        ),
    ]
    event_id: UUID
    camera_id: UUID
    captured_at: datetime
    crop_form: Annotated[UploadForm | None, Field(description="Only where it was asked for.")] = None
    frame_form: Annotated[UploadForm | None, Field(description="Only where it was asked for.")] = None


class ReadList(ResponseModel):
    """What became of the reads of a message, in its order; of none in a message that is no read."""

    items: list[ReadOut]


def read_out(recorded: Recorded) -> ReadOut:
    """Render what became of a read."""
    crop, frame = recorded.forms.get(Picture.CROP), recorded.forms.get(Picture.FRAME)
    return ReadOut(
        outcome=recorded.outcome,
        event_id=recorded.event_id,
        camera_id=recorded.camera_id,
        captured_at=recorded.captured_at,
        crop_form=None if crop is None else UploadForm.model_validate(crop),
        frame_form=None if frame is None else UploadForm.model_validate(frame),
    )
