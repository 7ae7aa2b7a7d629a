from datetime import UTC, datetime
from uuid import uuid4

from anpr.alerts import notifications
from anpr.alerts.notifications import NotificationServices
from anpr.db import Database
from anpr.messages import CloudEvent, EventType, LicenseWarning
from tests.memory import MemoryNotifier, MemoryQueue


def test_administrators_are_told_once_of_a_licence_that_runs_out(database: Database) -> None:
    notifier = MemoryNotifier()
    services = NotificationServices(database, notifier, MemoryQueue(), "topic:admins")
    warning = LicenseWarning(kind="monthly_minutes:80", period=datetime.now(UTC).date(), detail="8 of 10 are used.")
    event = CloudEvent(
        id=uuid4(),
        type=EventType.LICENSE_WARNING,
        subject="license:monthly_minutes:80",
        time=datetime.now(UTC),
        data=warning.model_dump(mode="json"),
    )
    notifier.topics["topic:admins"] = "Administrators"

    for _ in range(2):
        notifications.notify(services, event)

    [(topic, notice)] = notifier.sent
    assert topic == "topic:admins"
    assert "8 of 10 are used." in notice.text
