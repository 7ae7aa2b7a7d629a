"""/health for load balancers, /metrics for Prometheus."""

from fastapi import Response

from anpr import outbox
from anpr.governance import health
from functions.api.access import Access, allows
from functions.api.dependencies import DbSession
from functions.api.resource import Resource
from functions.api.schemas.health import Alive
from functions.api.services.alerts import Alerts

PROMETHEUS = "text/plain; version=0.0.4; charset=utf-8"

router = Resource(tag="health", about="Whether all is well, and how much was done.")


@router.get("/health", summary="Tell that the process answers")
@allows(Access.PUBLIC)
def get_health() -> Alive:
    """Answers without asking anything else."""
    return Alive()


@router.get(
    "/metrics", summary="Read the counters", response_class=Response, responses={200: {"content": {"text/plain": {}}}}
)
@allows(Access.SCRAPER, keys={"metrics:read"}, everywhere=True)
def get_metrics(session: DbSession, services: Alerts) -> Response:
    """Prometheus text. Send an administrator's access token, or the deployment's scrape token, as the bearer token."""
    return Response(
        health.prometheus(health.count(session), services.jobs.depth(), outbox.set_aside(session)),
        media_type=PROMETHEUS,
    )
