"""/health for load balancers, /admin/health for people, /metrics for Prometheus."""

from fastapi import APIRouter, Response

from anpr import outbox
from anpr.governance import health
from functions.api.dependencies import Blobs, Bus, DbSession, Queue, Services
from functions.api.schemas.health import Alive, HealthOut, ProbeOut

PROMETHEUS = "text/plain; version=0.0.4; charset=utf-8"

router = APIRouter(tags=["health"])
admin_router = APIRouter(prefix="/admin", tags=["admin"])


@router.get("/health", summary="Tell that the process answers")
def get_health() -> Alive:
    """Answers without asking anything else."""
    return Alive()


@admin_router.get("/health", summary="Check what the backend needs", responses={503: {"model": HealthOut}})
def get_admin_health(services: Services, blobs: Blobs, queue: Queue, bus: Bus, response: Response) -> HealthOut:
    """Make one cheap request to each service that the backend needs; 503 if one of them fails."""
    probes = health.probe(
        {
            "database": lambda: health.check_database(services.database),
            "bucket": blobs.check,
            "queue": queue.check,
            "bus": bus.check,
        }
    )
    found = HealthOut(
        ok=all(probe.ok for probe in probes.values()),
        checks={name: ProbeOut.model_validate(probe) for name, probe in probes.items()},
    )
    if not found.ok:
        response.status_code = 503
    return found


@router.get(
    "/metrics", summary="Read the counters", response_class=Response, responses={200: {"content": {"text/plain": {}}}}
)
def get_metrics(session: DbSession, queue: Queue) -> Response:
    """Prometheus text. Send an administrator's access token, or the deployment's scrape token, as the bearer token."""
    return Response(
        health.prometheus(health.count(session), queue.depth(), outbox.set_aside(session)), media_type=PROMETHEUS
    )
