"""/admin/health, whether all that the backend needs is there; /admin/backlog, what waits."""

from fastapi import Response

from anpr.governance import backlog, health
from functions.api.access import Access, allows
from functions.api.dependencies import DbSession
from functions.api.resource import Resource
from functions.api.schemas.health import BacklogOut, HealthOut, ProbeOut, backlog_out
from functions.api.services.governance import Governance

router = Resource("/admin", tag="admin")


@router.get("/health", summary="Check what the backend needs", responses={503: {"model": HealthOut}})
@allows(Access.ADMIN, everywhere=True)
def get_admin_health(response: Response, services: Governance) -> HealthOut:
    """Make one cheap request to each service that the backend needs; 503 if one of them fails."""
    probes = health.probe(
        {
            "database": lambda: health.check_database(services.database),
            "bucket": services.blobs.check,
            "queue": services.queue.check,
            "bus": services.bus.check,
        }
    )
    found = HealthOut(
        ok=all(probe.ok for probe in probes.values()),
        checks={name: ProbeOut.model_validate(probe) for name, probe in probes.items()},
    )
    if not found.ok:
        response.status_code = 503
    return found


@router.get("/backlog", summary="Tell what waits")
@allows(Access.ADMIN, everywhere=True)
def get_backlog(session: DbSession, services: Governance) -> BacklogOut:
    """Jobs and deliveries that wait, and what nobody could deal with."""
    return backlog_out(
        backlog.measure(session), queue_size=services.queue.depth(), dead_letters=services.count_dead_jobs()
    )
