"""/usage: what was used, by day and camera, and the monthly reports."""

from collections.abc import Sequence
from datetime import date
from typing import Annotated, Any

from fastapi import Header, Path, Query, Response

from anpr.governance import usage
from anpr.governance.usage import UsageLine
from functions.api.access import Access, allows
from functions.api.dependencies import Caller, DbSession
from functions.api.resource import Resource
from functions.api.schemas.common import Written
from functions.api.schemas.usage import MonthList, ReportQuery, UsageList, UsageQuery, usage_csv, usage_out

CSV = "text/csv"

router = Resource("/usage", tag="usage", about="What was used, by day and camera, and monthly reports.")

Accept = Annotated[str, Header(include_in_schema=False)]
Month = Annotated[
    str,
    Written(r"^[12]\d{3}-(0[1-9]|1[0-2])$", "This must be a month, such as 2026-05."),
    Path(description="Such as 2026-05."),
]
_AS_CSV: dict[int | str, dict[str, Any]] = {200: {"content": {CSV: {"schema": {"type": "string"}}}}}


@router.get("", summary="Get the use by day and camera", response_model=UsageList, responses=_AS_CSV)
@allows(Access.REVIEWER, keys={"usage:read"})
def get_usage(
    query: Annotated[UsageQuery, Query()], session: DbSession, caller: Caller, accept: Accept = ""
) -> UsageList | Response:
    """The use of the cameras that the caller may see; as CSV by `Accept` or `format`."""
    lines = usage.by_camera_and_day(
        session, scope=caller.scope, start=query.start, end=query.end, camera_id=query.camera_id
    )
    return _rendered(lines, query.format, accept)


@router.get("/reports", summary="List the months that have a report")
@allows(Access.REVIEWER, keys={"usage:read"})
def list_usage_reports(session: DbSession, caller: Caller) -> MonthList:
    """The closed months with use of the caller's cameras, newest first. A month is closed two days after its end."""
    return MonthList(items=[f"{month:%Y-%m}" for month in usage.closed_months(session, scope=caller.scope)])


@router.get("/reports/{month}", summary="Get a month's report", response_model=UsageList, responses=_AS_CSV)
@allows(Access.REVIEWER, keys={"usage:read"})
def get_usage_report(
    month: Month,
    query: Annotated[ReportQuery, Query()],
    session: DbSession,
    caller: Caller,
    accept: Accept = "",
) -> UsageList | Response:
    """A closed month's use by camera, which does not change any more; as CSV by `Accept` or `format`."""
    lines = usage.reports(session, date.fromisoformat(f"{month}-01"), scope=caller.scope)
    return _rendered(lines, query.format, accept)


def _rendered(lines: Sequence[UsageLine], wanted: str | None, accept: str) -> UsageList | Response:
    if wanted == "csv" or (wanted is None and CSV in accept):
        return Response(usage_csv(lines), media_type=CSV)
    return UsageList(items=[usage_out(line) for line in lines])
