"""The whole API behind its Lambda handler, on a real database and with the other services in memory."""

from collections.abc import Iterator
from uuid import uuid4

import pytest
from sqlalchemy import select

from anpr.alerts.webhooks import sealing
from anpr.capture.pictures import PictureReader
from anpr.db import Database
from anpr.identity import passwords, tokens
from anpr.identity.tokens import TokenSigner, TokenVerifier
from anpr.models import AuditRecord, Role, User
from anpr.settings import ExportSettings, MetricsSettings, TokenSettings
from functions.api.services import ApiServices
from functions.api.services.alerts import AlertsServices
from functions.api.services.capture import CaptureServices
from functions.api.services.governance import GovernanceServices
from functions.api.services.identity import IdentityServices
from functions.api.services.reader import ReaderServices
from functions.api.services.review import ReviewServices
from tests.functions.api.client import PASSWORD, RULES, SCRAPE_TOKEN, Api, gateway, route_of
from tests.memory import MemoryAnchors, MemoryBlobs, MemoryBus, MemoryNotifier, MemoryQueue, MemorySecrets


@pytest.fixture(scope="session")
def password_hash() -> str:
    """A hash of `PASSWORD`: making one takes a while, on purpose."""
    return passwords.hash_password(PASSWORD)


@pytest.fixture
def api(database: Database, password_hash: str, reader: PictureReader, event_loop_for_mangum: None) -> Iterator[Api]:
    """The API with one account of each role, whose password is `PASSWORD`.

    What its requests put on record is what their routes say that they do.
    """
    secrets = MemorySecrets("signing", "webhook-key")
    users = {
        role: User(id=uuid4(), email=f"{role}@example.org", password_hash=password_hash, role=role) for role in Role
    }
    with database.transaction() as session:
        tokens.ensure_signing_key(session, secrets, "signing")
        sealing.ensure_key(secrets, "webhook-key")
        session.add_all(users.values())
    settings = TokenSettings()
    signer, verifier = TokenSigner(settings, secrets, "signing"), TokenVerifier(settings)
    blobs, queue, bus, anchors = MemoryBlobs(), MemoryQueue(), MemoryBus(), MemoryAnchors()
    services: dict[str, ApiServices] = {
        "identity": IdentityServices(database=database, verifier=verifier, signer=signer),
        "capture": CaptureServices(
            database=database,
            verifier=verifier,
            bus=bus,
            blobs=blobs,
            queue=queue,
            secrets=secrets,
            key_secret_id="webhook-key",
        ),
        "review": ReviewServices(
            database=database, verifier=verifier, bus=bus, blobs=blobs, exports=ExportSettings(max_events=5)
        ),
        "alerts": AlertsServices(
            database=database,
            verifier=verifier,
            bus=bus,
            blobs=blobs,
            jobs=queue,
            deliveries=MemoryQueue(),
            notifier=MemoryNotifier(),
            secrets=secrets,
            key_secret_id="webhook-key",
            metrics=MetricsSettings(token=SCRAPE_TOKEN),
        ),
        "reader": ReaderServices(database=database, verifier=verifier, bus=bus, blobs=blobs, reader=reader),
        "governance": GovernanceServices(
            database=database,
            verifier=verifier,
            bus=bus,
            blobs=blobs,
            queue=queue,
            count_dead_jobs=lambda: len(queue.dead),
            anchors=anchors,
        ),
    }
    ids = {role: user.id for role, user in users.items()}
    seen: dict[str, tuple[str, str]] = {}
    yield Api(
        gateway(services, seen), database, signer, verifier, blobs, queue, bus, anchors, secrets, ids, services, seen
    )
    with database.transaction() as session:
        records = session.execute(select(AuditRecord.request_id, AuditRecord.action)).all()
    undeclared = {
        (*route, action)
        for request_id, action in records
        if request_id in seen
        for route in [route_of(*seen[request_id])]
        if route is not None and action not in RULES[route].audits
    }
    assert undeclared == set()
