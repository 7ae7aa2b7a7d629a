"""Use: each upload is booked."""

from anpr.background.services import Report, Run
from anpr.governance import licenses, usage
from anpr.messages import CloudEvent, UploadProcessed


def book(run: Run, event: CloudEvent) -> Report:
    """Book what an upload used, and give notice where a limit of the licence is near."""
    services = run.services
    processed = UploadProcessed.model_validate(event.data)
    with services.database.transaction() as session:
        booked = usage.record(session, processed, event.id)
        given = licenses.give_notice(session, services.licensing) if booked else []
    for notice in given:
        services.logger.warning("license warning", kind=notice.kind, detail=notice.detail)
    return {"booked": booked}
