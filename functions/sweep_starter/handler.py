"""Scheduled, every minute: start the sweeps whose turn it is, unless the backend is idle and its database may pause.

It is outside the database's network and has no way to it.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from typing import Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.typing import LambdaContext

from anpr import bootstrap
from anpr.adapters.aws import idleness
from anpr.adapters.aws.idleness import WasActive
from anpr.adapters.aws.settings import IdlenessSettings, SweepSettings
from anpr.adapters.aws.wiring import AwsAdapters
from anpr.messages import WebhookSweep
from anpr.ports import JobQueue

logger = Logger(service="sweep_starter")


@dataclass(frozen=True, slots=True)
class _Services:
    was_active: WasActive
    settings: IdlenessSettings
    sweeps: SweepSettings
    start: Callable[[str], None]
    webhooks: JobQueue


@cache
def _services() -> _Services:
    """Made at the first call and kept while this instance of the function is warm."""
    settings, aws = IdlenessSettings(), AwsAdapters()
    return _Services(
        aws.activity_meter(settings),
        settings,
        SweepSettings(),
        aws.function_starter(),
        bootstrap.webhook_queue(),
    )


@logger.inject_lambda_context
def handler(_event: dict[str, Any], _context: LambdaContext) -> dict[str, Any]:
    """Start what is due; an outage is raised, so that the function's alarm sees it."""
    services = _services()
    now = datetime.now(UTC)
    decision = idleness.decide(now, services.was_active, services.settings)
    started: list[str] = []
    if decision.run:
        for function, minutes in services.sweeps.functions.items():
            if idleness.is_turn(now, minutes):
                services.start(function)
                started.append(function)
        services.webhooks.send(WebhookSweep().model_dump_json())
    if idleness.is_first_of_day(now, services.settings):
        for function in services.sweeps.kept_alive:
            services.start(function)
            started.append(function)
    logger.debug("decided", why=decision.why, started=started)
    return {"run": decision.run, "why": decision.why, "started": started}
