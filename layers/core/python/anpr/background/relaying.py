"""The outbox: what a crash left in it is published."""

from anpr import outbox
from anpr.background.services import Report, Run


class EventsRefused(RuntimeError):
    """Events are set aside, and nobody has looked at them yet: an alarm is to be heard."""


def relay(run: Run) -> Report:
    """Publish what whoever wrote it did not live to publish.

    Raises:
        EventsRefused: the bus refused some for good.
    """
    services = run.services
    published = outbox.relay(services.database, services.bus)
    if published:
        services.logger.info("events relayed", published=published)
    with services.database.transaction() as session:
        refused = outbox.set_aside(session)
    if refused:
        raise EventsRefused(f"The bus refused {refused} events for good; they wait in the outbox with the reason.")
    return {"published": published}
