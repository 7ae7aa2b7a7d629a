"""The whole API behind its Lambda handler, on a real database and with the other services in memory."""

import asyncio
from collections.abc import Iterator
from uuid import uuid4

import pytest

from anpr.alerts.bolos import Matcher
from anpr.alerts.webhooks import sealing
from anpr.db import Database
from anpr.identity import passwords, tokens
from anpr.identity.tokens import TokenSigner, TokenVerifier
from anpr.models import Role, User
from anpr.settings import (
    ExportSettings,
    MetricsSettings,
    ReviewSettings,
    SearchSettings,
    TokenSettings,
    UploadSettings,
    WebhookSettings,
)
from functions.api.alerting import AlertingServices
from functions.api.entry import LambdaHandler
from functions.api.judging import JudgingServices
from functions.api.openapi import ROUTERS
from functions.api.services import ApiServices
from tests.functions.api.client import PASSWORD, SCRAPE_TOKEN, Api
from tests.memory import MemoryAnchors, MemoryBlobs, MemoryBus, MemoryNotifier, MemoryQueue, MemorySecrets


@pytest.fixture(scope="session")
def password_hash() -> str:
    """A hash of `PASSWORD`: making one takes a while, on purpose."""
    return passwords.hash_password(PASSWORD)


@pytest.fixture
def event_loop_for_mangum() -> Iterator[None]:
    """Mangum runs on the thread's event loop, as Lambda's runtime leaves it."""
    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)
    yield
    loop.run_until_complete(loop.shutdown_default_executor())
    asyncio.set_event_loop(None)
    loop.close()


@pytest.fixture
def api(database: Database, password_hash: str, event_loop_for_mangum: None) -> Api:
    """The API with one account of each role, whose password is `PASSWORD`."""
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
    services = ApiServices(
        database=database,
        verifier=verifier,
        signer=signer,
        blobs=blobs,
        queue=queue,
        bus=bus,
        anchors=anchors,
        uploads=UploadSettings(),
        search=SearchSettings(),
        metrics=MetricsSettings(token=SCRAPE_TOKEN),
        judging=JudgingServices(Matcher(), ReviewSettings()),
        exports=ExportSettings(max_events=5),
        alerting=AlertingServices(MemoryNotifier(), MemoryQueue(), secrets, "webhook-key", WebhookSettings()),
    )
    handler = LambdaHandler("test", ROUTERS, lambda: services)
    ids = {role: user.id for role, user in users.items()}
    return Api(handler, database, signer, verifier, blobs, queue, bus, anchors, secrets, ids, services)
