"""What routes ask for: the group's services, the request's transaction, and the caller."""

from collections.abc import Iterator
from typing import Annotated, TypeVar

from fastapi import Depends, Request
from sqlalchemy.orm import Session

from anpr.audit import Actor
from anpr.identity.principals import Principal
from anpr.identity.tokens import TokenSigner
from anpr.ports import AnchorStore, BlobStore, EventBus, JobQueue
from anpr.settings import ExportSettings, MetricsSettings, SearchSettings, UploadSettings
from functions.api.services import ApiServices
from functions.api.telemetry import Telemetry

Part = TypeVar("Part")


def services(request: Request) -> ApiServices:
    """The group's services."""
    found: ApiServices = request.app.state.services
    return found


Services = Annotated[ApiServices, Depends(services)]


def telemetry(request: Request) -> Telemetry:
    """The process's logger, tracer and metrics."""
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


def needed(part: Part | None, name: str) -> Part:
    """A service of the group's; that it lacks one which its own routes use is a mistake in its entry point."""
    if part is None:
        raise RuntimeError(f"this group of routes was made without {name}")
    return part


def signer(services: Services) -> TokenSigner:
    return needed(services.signer, "a token signer")


def blobs(services: Services) -> BlobStore:
    return needed(services.blobs, "a blob store")


def queue(services: Services) -> JobQueue:
    return needed(services.queue, "a job queue")


def bus(services: Services) -> EventBus:
    return needed(services.bus, "an event bus")


def anchors(services: Services) -> AnchorStore | None:
    return services.anchors


def upload_settings(services: Services) -> UploadSettings:
    return needed(services.uploads, "upload settings")


def search_settings(services: Services) -> SearchSettings:
    return needed(services.search, "search settings")


def export_settings(services: Services) -> ExportSettings:
    return needed(services.exports, "export settings")


def metrics_settings(services: Services) -> MetricsSettings:
    return needed(services.metrics, "metrics settings")


# With any other scope, a commit that fails would come after the response said that all is well.
DbSession = Annotated[Session, Depends(session, scope="function")]
RequestTelemetry = Annotated[Telemetry, Depends(telemetry)]
RequestId = Annotated[str, Depends(request_id)]
Caller = Annotated[Principal, Depends(caller)]
CallerActor = Annotated[Actor, Depends(actor)]
Signer = Annotated[TokenSigner, Depends(signer)]
Blobs = Annotated[BlobStore, Depends(blobs)]
Queue = Annotated[JobQueue, Depends(queue)]
Bus = Annotated[EventBus, Depends(bus)]
Anchors = Annotated[AnchorStore | None, Depends(anchors)]
Uploads = Annotated[UploadSettings, Depends(upload_settings)]
Search = Annotated[SearchSettings, Depends(search_settings)]
Exporting = Annotated[ExportSettings, Depends(export_settings)]
Scraping = Annotated[MetricsSettings, Depends(metrics_settings)]
