"""Exports: built as they are asked for, told of, and looked after."""

from dataclasses import asdict

from anpr import outbox
from anpr.background.services import Report, Run
from anpr.errors import AnprError
from anpr.messages import CloudEvent, ExportFinished, ExportRequested
from anpr.review.exports import builder, notices
from anpr.review.exports import sweep as looking_after


def build(run: Run, event: CloudEvent) -> Report:
    """Build the export that is asked for, as far as the time reaches."""
    services = run.services
    request = ExportRequested.model_validate(event.data)
    try:
        notices.invite(services.database, services.notifier, request.export_id)
    except AnprError as error:
        # An archive is worth more than the mail that announces it.
        services.logger.warning("nobody could be subscribed", reason=error.detail)
    outcome = builder.build(
        services.database,
        services.archive,
        request.export_id,
        settings=services.exports,
        remaining_s=run.remaining_s,
    )
    outbox.relay(services.database, services.bus)
    return {"export_id": str(request.export_id), "outcome": outcome.value}


def tell(run: Run, event: CloudEvent) -> Report:
    """Say that an export is ready, or that there will be none."""
    finished = ExportFinished.model_validate(event.data)
    services = run.services
    notices.tell(services.database, services.notifier, finished.export_id)
    outbox.relay(services.database, services.bus)
    return {"export_id": str(finished.export_id)}


def sweep(run: Run) -> Report:
    """Wake exports whose builder died, and delete those whose time is over."""
    services = run.services
    report = asdict(looking_after.sweep(services.database, services.archive))
    # What this promised, another run is to act on at once.
    outbox.relay(services.database, services.bus)
    return report
