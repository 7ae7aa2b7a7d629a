"""What routes of every group ask for: its services, the request's transaction, and the caller."""

from collections.abc import Iterator
from typing import Annotated

from fastapi import Depends, Request
from sqlalchemy.orm import Session

from anpr.audit import Actor
from anpr.identity.principals import Principal
from functions.api.services import ApiServices, services
from functions.api.telemetry import Telemetry

Services = Annotated[ApiServices, Depends(services)]


def telemetry(request: Request) -> Telemetry:
    """What the process reports by."""
    found: Telemetry = request.app.state.telemetry
    return found


def session(services: Services) -> Iterator[Session]:
    """The request's transaction: committed when the route has returned, before the response is sent."""
    with services.database.transaction() as opened:
        yield opened


def request_id(request: Request) -> str:
    """The request's id, as the log and the response's `x-request-id` have it."""
    found: str = request.state.request_id
    return found


def caller(request: Request) -> Principal:
    """Who calls; `functions.api.access` has made sure of it before."""
    found: Principal = request.state.principal
    return found


def actor(principal: Annotated[Principal, Depends(caller)]) -> Actor:
    """The caller as the audit log names them."""
    return principal.actor


# With any other scope, a commit that fails would come after the response said that all is well.
DbSession = Annotated[Session, Depends(session, scope="function")]
RequestTelemetry = Annotated[Telemetry, Depends(telemetry)]
RequestId = Annotated[str, Depends(request_id)]
Caller = Annotated[Principal, Depends(caller)]
CallerActor = Annotated[Actor, Depends(actor)]
