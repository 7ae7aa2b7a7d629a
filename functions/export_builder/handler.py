"""Build exports as they are asked for, say when they are ready, and, on a schedule, look after those left behind."""

from dataclasses import asdict, dataclass
from functools import cache
from typing import Any, TypeVar

from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.typing import LambdaContext
from pydantic import BaseModel

from anpr import bootstrap, outbox
from anpr.db import Database
from anpr.errors import AnprError
from anpr.messages import EventType, ExportFinished, ExportRequested
from anpr.ports import ArchiveStore, EventBus, Notifier
from anpr.review.exports import builder, notices
from anpr.review.exports.sweep import sweep
from anpr.settings import ExportSettings

_Payload = TypeVar("_Payload", bound=BaseModel)

logger = Logger(service="export_builder")


@dataclass(frozen=True, slots=True)
class _Services:
    database: Database
    store: ArchiveStore
    bus: EventBus
    notifier: Notifier
    settings: ExportSettings


@cache
def _services() -> _Services:
    """Made at the first call and kept while this instance of the function is warm."""
    settings = ExportSettings()
    return _Services(
        bootstrap.database(),
        bootstrap.archive_store(fetchers=settings.fetchers),
        bootstrap.event_bus(),
        bootstrap.notifier(),
        settings,
    )


@logger.inject_lambda_context
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Do what an event of the bus, or the schedule, asks for. An outage is raised: the service tries again."""
    services = _services()
    what = event.get("detail-type")
    if what == EventType.EXPORT_REQUESTED:
        report = _build(services, _data(event, ExportRequested), context)
    elif what in (EventType.EXPORT_READY, EventType.EXPORT_FAILED):
        finished = _data(event, ExportFinished)
        notices.tell(services.database, services.notifier, finished.export_id)
        report = {"export_id": str(finished.export_id)}
    else:
        report = asdict(sweep(services.database, services.store))
    # What this promised, another invocation is to act on at once.
    outbox.relay(services.database, services.bus)
    if any(report.values()):
        logger.info("exports looked after", **report)
    return report


def _build(services: _Services, request: ExportRequested, context: LambdaContext) -> dict[str, Any]:
    try:
        notices.invite(services.database, services.notifier, request.export_id)
    except AnprError:
        # An archive is worth more than the mail that announces it.
        logger.warning("nobody could be subscribed", exc_info=True)
    outcome = builder.build(
        services.database,
        services.store,
        request.export_id,
        settings=services.settings,
        remaining_s=lambda: context.get_remaining_time_in_millis() / 1000,
    )
    return {"export_id": str(request.export_id), "outcome": outcome.value}


def _data(event: dict[str, Any], model: type[_Payload]) -> _Payload:
    return model.model_validate(event["detail"]["data"])
