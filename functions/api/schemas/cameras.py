"""Cameras."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import ConfigDict, Field

from anpr.models import Camera, StreamState
from functions.api.schemas.common import Line, PageOut, PageQuery, Patch, RequestModel, ResponseModel, Text, Written

Name = Annotated[Line, Field(min_length=1, max_length=100)]
Description = Annotated[Text, Field(max_length=2000)]
Latitude = Annotated[float, Field(ge=-90, le=90, description="Degrees north, WGS 84.")]
Longitude = Annotated[float, Field(ge=-180, le=180, description="Degrees east, WGS 84.")]
Heading = Annotated[float, Field(ge=0, lt=360, description="Where it looks, in degrees clockwise from north.")]
RegionHint = Annotated[
    Line,
    Written(
        r"^[a-z]{2}(-[a-z0-9]{1,3})?$",
        "This must be a country or state as in ISO 3166, in small letters, such as gb or us-ca.",
    ),
    Field(
        description="Where most plates before it are from: ISO 3166 in small letters, such as `gb` or `us-ca`.",
    ),
]
TimeZone = Annotated[Line, Field(max_length=64, description="IANA name, such as `Europe/Bucharest`.")]


Serial = Annotated[
    Line,
    Written(r"^[^A-Za-z0-9]*[A-Za-z0-9].*$", "This must have a letter or a digit."),
    Field(
        max_length=100,
        description="The device's own name for itself, such as a serial number or a MAC address, by which the reads "
        "that it hands in are known as its. Kept in capital letters and digits alone.",
    ),
]


class CameraIn(RequestModel):
    """A camera to register."""

    model_config = ConfigDict(
        json_schema_extra={
            "example": {
                "name": "North gate, in",
                "latitude": 44.4268,
                "longitude": 26.1025,
                "heading": 270,
                "region_hint": "ro",
                "time_zone": "Europe/Bucharest",
            }
        }
    )

    name: Name
    description: Description = ""
    latitude: Latitude | None = None
    longitude: Longitude | None = None
    heading: Heading | None = None
    region_hint: RegionHint | None = None
    time_zone: TimeZone = "UTC"
    active: bool = True
    serial: Serial | None = None


class CameraPatch(Patch):
    """What to change of a camera; what is left out stays, and null takes an optional thing away."""

    clearable = frozenset({"latitude", "longitude", "heading", "region_hint", "serial"})

    name: Name | None = None
    description: Description | None = None
    latitude: Latitude | None = None
    longitude: Longitude | None = None
    heading: Heading | None = None
    region_hint: RegionHint | None = None
    time_zone: TimeZone | None = None
    active: bool | None = None
    serial: Serial | None = None


class CameraQuery(PageQuery):
    """Which cameras to list."""

    active: Annotated[bool | None, Field(description="Only those that take uploads, or only those that do not.")] = None
    format: Annotated[
        Literal["json", "geojson"] | None, Field(description="`geojson` for a map; or ask by `Accept`.")
    ] = None


class StreamIn(RequestModel):
    """A camera's live stream."""

    model_config = ConfigDict(json_schema_extra={"example": {"url": "rtsp://viewer:password@10.20.0.7:554/stream1"}})

    url: Annotated[
        Line,
        Field(
            min_length=8,
            max_length=2000,
            description="`rtsp://` or `rtsps://`, with user and password where the camera asks for them. It is stored"
            " encrypted and never shown again.",
        ),
    ]


class StreamOut(ResponseModel):
    """How a camera's live stream does."""

    place: Annotated[str, Field(description="Host and port; the rest of the address is a secret.")]
    state: Annotated[
        StreamState,
        Field(validation_alias="current_state", description="`waiting` where no process reads it."),
    ]
    reason: Annotated[
        str | None, Field(validation_alias="current_reason", description="What is wrong, in words; null if nothing is.")
    ]
    connected_since: datetime | None
    last_frame_at: Annotated[datetime | None, Field(description="When the latest picture came.")]
    fps_in: Annotated[float | None, Field(description="Pictures a second that come.")]
    fps_read: Annotated[float | None, Field(description="Pictures a second that are looked at.")]
    lag_s: Annotated[float | None, Field(description="How old a picture is when it is looked at, in seconds.")]


class CameraOut(ResponseModel):
    """A camera."""

    id: UUID
    name: str
    description: str
    latitude: float | None
    longitude: float | None
    heading: float | None
    region_hint: str | None
    time_zone: str
    active: bool
    serial: str | None
    created_at: datetime
    stream: Annotated[StreamOut | None, Field(description="Null if the camera has none.")]


class CameraPage(PageOut[CameraOut]):
    """Cameras, newest first."""


class Point(ResponseModel):
    """A place, as GeoJSON has it: longitude first."""

    type: Literal["Point"] = "Point"
    coordinates: tuple[float, float]


class CameraFeature(ResponseModel):
    """A camera on a map; without a geometry if nobody said where it is."""

    type: Literal["Feature"] = "Feature"
    id: UUID
    geometry: Point | None
    properties: CameraOut


class CameraCollection(ResponseModel):
    """Cameras as GeoJSON (RFC 7946), with the cursor as a foreign member."""

    type: Literal["FeatureCollection"] = "FeatureCollection"
    features: list[CameraFeature]
    next_cursor: str | None


def feature(camera: Camera) -> CameraFeature:
    """Render a camera for a map."""
    point = None
    if camera.latitude is not None and camera.longitude is not None:
        point = Point(coordinates=(camera.longitude, camera.latitude))
    return CameraFeature(id=camera.id, geometry=point, properties=CameraOut.model_validate(camera))
