"""Notices to people, where the backend sends them itself."""

from collections.abc import Callable

from anpr import bootstrap
from anpr.background.services import Report, Run, Services


def send(run: Run, body: str) -> Report:
    """Send one notice that is due."""
    return {"outcome": run.services.once(_sender)(body)}


def _sender(services: Services) -> Callable[[str], str]:
    return bootstrap.notice_sender(services.database)
