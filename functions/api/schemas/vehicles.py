"""Vehicles that people know by name."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import Field

from anpr.review.vehicles import VehicleFilter
from functions.api.schemas.common import Line, PageOut, PageQuery, Patch, Region, RequestModel, ResponseModel, Text

Plate = Annotated[Line, Field(min_length=1, max_length=32, description="With or without separators; no pattern.")]
Name = Annotated[Line, Field(min_length=1, max_length=100, description="What people call it.")]
Note = Annotated[Text, Field(max_length=2000)]
OfRegion = Annotated[
    Region,
    Field(description="The plate's country or state as in ISO 3166, such as `gb` or `us-ca`; null for any."),
]


class VehicleIn(RequestModel):
    """A vehicle to name."""

    plate: Plate
    region: OfRegion | None = None
    name: Name
    note: Note = ""


class VehiclePatch(Patch):
    """What to change of a known vehicle; null takes its region away."""

    clearable = frozenset({"region"})

    plate: Plate | None = None
    region: OfRegion | None = None
    name: Name | None = None
    note: Note | None = None


class VehicleOut(ResponseModel):
    """A vehicle that people know by name."""

    id: UUID
    plate: Annotated[str, Field(description="As it was typed; look-alikes such as O and 0 are the same plate.")]
    region: str | None
    name: str
    note: str
    created_by: UUID | None
    created_at: datetime
    updated_at: datetime


class VehiclePage(PageOut[VehicleOut]):
    """Known vehicles, the latest named first."""


class VehicleQuery(PageQuery):
    """Which known vehicles to list."""

    plate: Annotated[Plate | None, Field(description="Of this plate, look-alikes included.")] = None
    name: Annotated[Name | None, Field(description="With this in their name, in any case of letters.")] = None

    def filter(self) -> VehicleFilter:
        """The domain's form of the query."""
        return VehicleFilter(self.plate, self.name)
