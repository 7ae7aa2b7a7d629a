"""Metering."""

import csv
import io
from collections.abc import Sequence
from datetime import date
from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field

from anpr.governance.usage import UsageLine
from anpr.review.exports.labels import cell
from functions.api.schemas.common import RequestModel, ResponseModel

_COLUMNS = ("period", "camera_id", "camera_name", "uploads", "minutes", "frames", "images", "events")


class UsageQuery(RequestModel):
    """Whose use, of which days."""

    start: Annotated[date, Field(description="First day (UTC).")]
    end: Annotated[date, Field(description="Last day (UTC).")]
    camera_id: UUID | None = None
    format: Annotated[Literal["json", "csv"] | None, Field(description="In place of the `Accept` header.")] = None


class ReportQuery(RequestModel):
    """How a report is to be written."""

    format: Annotated[Literal["json", "csv"] | None, Field(description="In place of the `Accept` header.")] = None


class UsageOut(ResponseModel):
    """One camera's use on one day, or in one month."""

    period: Annotated[date, Field(description="The day, or the month's first.")]
    camera_id: UUID
    camera_name: Annotated[
        str | None,
        Field(
            description="Null for a camera that is gone, and for pictures that were answered at once without a camera."
        ),
    ]
    uploads: int
    minutes: Annotated[float, Field(description="Length of the footage; images are not in it.")]
    frames: int
    images: int
    events: int


class UsageList(ResponseModel):
    """Use by day or month, and camera."""

    items: list[UsageOut]


class MonthList(ResponseModel):
    """The months that have a report, newest first: `2026-05`."""

    items: list[str]


def usage_out(line: UsageLine) -> UsageOut:
    """Render one line."""
    return UsageOut(
        period=line.period,
        camera_id=line.camera_id,
        camera_name=line.camera_name,
        uploads=line.uploads,
        minutes=round(line.seconds / 60, 3),
        frames=line.frames,
        images=line.images,
        events=line.events,
    )


def usage_csv(lines: Sequence[UsageLine]) -> str:
    """Render lines as CSV (RFC 4180), safe to open in a spreadsheet."""
    written = io.StringIO()
    writer = csv.writer(written)
    writer.writerow(_COLUMNS)
    for line in lines:
        row = usage_out(line).model_dump(mode="json")
        writer.writerow([cell(row[column]) for column in _COLUMNS])
    return written.getvalue()
