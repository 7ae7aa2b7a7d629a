"""/insight: figures of what passed, at the cameras that the caller may see."""

from typing import Annotated

from fastapi import Query

from anpr.review import traffic
from functions.api.access import Access, allows
from functions.api.dependencies import Caller, DbSession
from functions.api.resource import Resource
from functions.api.schemas.insight import (
    LastPassageList,
    LastPassageOut,
    TrafficList,
    TrafficOut,
    TrafficParameters,
)

router = Resource("/insight", tag="insight", about="Figures of what passed, without plates.")


@router.get("/traffic", summary="Count passages by hour or day")
@allows(Access.VIEWER, keys={"events:read"})
def get_traffic(query: Annotated[TrafficParameters, Query()], session: DbSession, caller: Caller) -> TrafficList:
    """Passages and unreadable plates by camera and hour or day, each in its camera's time zone."""
    counts = traffic.traffic(session, query.query(), scope=caller.scope)
    return TrafficList(items=[TrafficOut.model_validate(one) for one in counts])


@router.get("/last", summary="Get the last passage of each camera")
@allows(Access.VIEWER, keys={"events:read"})
def get_last_passages(session: DbSession, caller: Caller) -> LastPassageList:
    """When something passed last before each camera, and which passage that is."""
    found = traffic.last_passages(session, scope=caller.scope)
    return LastPassageList(items=[LastPassageOut.model_validate(one) for one in found])
