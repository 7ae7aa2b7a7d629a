import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from ipaddress import ip_network
from typing import Any, cast
from uuid import UUID, uuid4

import pytest
from cryptography.fernet import Fernet
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy import func, select, text, update
from standardwebhooks.webhooks import Webhook, WebhookVerificationError

from anpr import outbox
from anpr.alerts import notifications, posting
from anpr.alerts.bolos import entries, hits, lists, subscriptions
from anpr.alerts.egress import Answer, policy_of
from anpr.alerts.notifications import NotificationServices
from anpr.alerts.webhooks import attempts, deliveries, endpoints
from anpr.alerts.webhooks.endpoints import EndpointFields
from anpr.alerts.webhooks.sealing import Seal, ensure_key
from anpr.alerts.webhooks.sending import MAX_BODY_BYTES, Sender, SenderServices
from anpr.audit import SYSTEM, Actor
from anpr.db import Database
from anpr.errors import Conflict, NotFound, Unavailable, Unprocessable
from anpr.governance import anchors
from anpr.governance.anchors import Series
from anpr.identity import camera_limits
from anpr.identity.camera_limits import Grants
from anpr.messages import CameraSilence, CloudEvent, EventType, WebhookDue, WebhookSweep
from anpr.models import (
    BoloList,
    BoloMatch,
    Channel,
    DeliveryStatus,
    HitStatus,
    Role,
    User,
    WebhookAttempt,
    WebhookDelivery,
    WebhookEndpoint,
)
from anpr.paging import PageRequest
from anpr.settings import WebhookSettings
from tests.builders import add_event, add_upload, add_user
from tests.memory import MemoryAnchors, MemoryBlobs, MemoryBus, MemoryNotifier, MemoryQueue, MemorySecrets
from tests.receiver import Receiver, listening

SETTINGS = WebhookSettings(
    allow_networks=(ip_network("127.0.0.0/8"),), connect_timeout_s=1, total_timeout_s=2, retry_after_s=(5, 60, 300)
)
POST = posting.direct(policy_of(SETTINGS))


@dataclass
class World:
    """A whole notification side, with time that only the queue's clock moves."""

    database: Database
    queue: MemoryQueue
    notifier: MemoryNotifier
    seal: Seal
    bus: MemoryBus
    list_id: UUID

    @property
    def sender(self) -> Sender:
        return Sender(SenderServices(self.database, self.queue, MemoryBlobs(), self.seal, POST), SETTINGS)

    def endpoint(self, receiver: Receiver, **fields: Any) -> tuple[UUID, str]:
        with self.database.transaction() as session:
            wanted = cast("EndpointFields", {"url": receiver.url, **fields})
            made, secret = endpoints.create(session, SYSTEM, wanted, self.seal, policy_of(SETTINGS))
        return made.id, secret

    def see(self, plate: str = "LS15EBC") -> None:
        """A passage, recorded and relayed, and every event that came of it handled by the notifier."""
        add_event(self.database, plate=plate)
        self.relay()

    def relay(self) -> None:
        already = len(self.bus.events)
        outbox.relay(self.database, self.bus)
        for event in self.bus.events[already:]:
            self.notify(event)

    def notify(self, event: CloudEvent) -> None:
        notifications.notify(NotificationServices(self.database, self.notifier, self.queue, "topic:admins"), event)

    def work(self, messages: int = 100) -> list[str]:
        """Let the sender handle what is on the queue; the database's times follow the queue's clock."""
        done: list[str] = []
        while self.queue.depth() and len(done) < messages:
            before = self.queue.now
            message = self.queue.receive(wait_s=0, visibility_s=60)
            assert message is not None
            self.pass_time(self.queue.now - before)
            done.append(self.sender.handle(message.body))
            self.queue.delete(message)
        return done

    def pass_time(self, seconds: float) -> None:
        if seconds:
            with self.database.transaction() as session:
                passed = timedelta(seconds=seconds)
                session.execute(
                    update(WebhookDelivery).values(
                        due_at=WebhookDelivery.due_at - passed,
                        lease_until=WebhookDelivery.lease_until - passed,
                        created_at=WebhookDelivery.created_at - passed,
                    )
                )
                session.execute(
                    update(WebhookEndpoint).values(
                        failing_since=WebhookEndpoint.failing_since - passed,
                        previous_secret_until=WebhookEndpoint.previous_secret_until - passed,
                    )
                )

    def deliveries(self) -> list[WebhookDelivery]:
        with self.database.transaction() as session:
            return list(session.scalars(select(WebhookDelivery).order_by(WebhookDelivery.created_at)))

    def attempts(self) -> list[tuple[int | None, str | None]]:
        with self.database.transaction() as session:
            rows = session.scalars(select(WebhookAttempt).order_by(WebhookAttempt.at))
            return [(row.status_code, row.error) for row in rows]

    def get_endpoint(self, endpoint_id: UUID) -> WebhookEndpoint:
        with self.database.transaction() as session:
            return endpoints.get(session, endpoint_id)


@pytest.fixture
def world(database: Database) -> World:
    with database.transaction() as session:
        list_id = lists.create(session, SYSTEM, {"name": "stolen", "alert_interval_s": 0}).id
        entries.create(session, SYSTEM, list_id, {"pattern": "LS15EBC", "reason": "stolen in March"})
    seal = Seal([Fernet.generate_key().decode()])
    return World(database, MemoryQueue(), MemoryNotifier(topics={"topic:admins": "admins"}), seal, MemoryBus(), list_id)


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with listening() as running:
        yield running


def test_a_hit_arrives_signed_and_is_logged_and_timed(world: World, receiver: Receiver) -> None:
    _, secret = world.endpoint(receiver)
    world.see()

    assert world.work() == ["delivered"]

    [body] = receiver.verified(secret)
    assert body["type"] == "bolo.matched"
    assert body["data"]["hit"]["plate"] == body["data"]["event"]["plate_normalized"] == "LS15EBC"
    assert body["data"]["bolo"]["reason"] == "stolen in March"
    assert body["data"]["event"]["crop_url"].startswith("https://blobs.invalid/crops/")
    [delivery] = world.deliveries()
    [hit_event] = [event for event in world.bus.events if event.type == "bolo.matched"]
    assert receiver.taken[0].headers["webhook-id"] == str(delivery.message_id) == str(hit_event.id)
    assert delivery.status is DeliveryStatus.DELIVERED
    assert delivery.since_hit_s is not None
    assert delivery.since_hit_s > 0
    assert delivery.since_passage_s is not None
    assert delivery.since_passage_s > delivery.since_hit_s
    assert world.attempts() == [(204, None)]
    with world.database.transaction() as session:
        assert session.scalars(select(BoloMatch.first_notified_at)).one() == delivery.delivered_at


def test_another_secret_does_not_verify(world: World, receiver: Receiver) -> None:
    world.endpoint(receiver)
    world.see()
    world.work()
    with pytest.raises(WebhookVerificationError):
        receiver.verified("whsec_" + "A" * 43 + "=")


def test_an_event_and_a_message_that_come_twice_are_one_request(world: World, receiver: Receiver) -> None:
    world.endpoint(receiver)
    world.see()
    for event in list(world.bus.events):
        world.notify(event)
    [*copies] = world.queue.waiting
    assert len(copies) > 1

    world.work()
    for body in copies:
        assert world.sender.handle(body) == "over"

    assert len(receiver.requests) == 1


def test_a_receiver_that_was_down_gets_everything_once(world: World, receiver: Receiver) -> None:
    _, secret = world.endpoint(receiver)
    receiver.status = 503
    for _ in range(20):
        world.see()
    assert world.work(20) == ["failed"] * 20

    receiver.status = 204
    world.work()

    ids = [one.headers["webhook-id"] for one in receiver.taken]
    assert len(ids) == len(set(ids)) == len(receiver.verified(secret)) == 20
    assert {delivery.status for delivery in world.deliveries()} == {DeliveryStatus.DELIVERED}
    assert sorted(world.attempts()) == [(204, None)] * 20 + [(503, None)] * 20


def test_attempts_follow_the_schedule_and_end(world: World, receiver: Receiver) -> None:
    world.endpoint(receiver)
    receiver.status = 500
    world.see()

    assert world.work() == ["failed"] * 4

    assert world.queue.now == pytest.approx(5 + 60 + 300, abs=4)
    [delivery] = world.deliveries()
    assert (delivery.status, delivery.attempts) == (DeliveryStatus.FAILED, 4)


def test_a_wait_that_is_longer_than_the_queue_s_is_made_in_stops(world: World, receiver: Receiver) -> None:
    world.endpoint(receiver)
    world.see()
    with world.database.transaction() as session:
        session.execute(update(WebhookDelivery).values(due_at=func.now() + timedelta(hours=1)))

    done = world.work()

    assert done == ["waits"] * 4 + ["delivered"]
    assert world.queue.now == pytest.approx(3600, abs=5)


def test_a_receiver_that_asks_for_time_gets_it(world: World, receiver: Receiver) -> None:
    world.endpoint(receiver)
    world.see()
    [delivery] = world.deliveries()
    with world.database.transaction() as session:
        claimed = attempts.claim(session, delivery.id, 0, timedelta(seconds=60))
        assert claimed is not None
        outcome = attempts.Outcome(Answer(429, "", retry_after_s=120), None, 1.0)
        assert attempts.settle(session, claimed, outcome, SETTINGS) == timedelta(seconds=120)


def test_gone_disables_at_once_and_tells_the_admins(world: World, receiver: Receiver) -> None:
    endpoint_id, _ = world.endpoint(receiver)
    receiver.status = 410
    world.see()
    world.work()
    world.relay()

    endpoint = world.get_endpoint(endpoint_id)
    assert not endpoint.active
    assert "410" in (endpoint.disabled_reason or "")
    [(topic, notice)] = world.notifier.sent
    assert topic == "topic:admins"
    assert receiver.url in notice.text
    assert "410" in notice.text

    [event] = [event for event in world.bus.events if event.type == "webhook.disabled"]
    world.notify(event)
    assert len(world.notifier.sent) == 1


def test_hits_that_come_while_an_endpoint_is_inactive_are_kept_and_sent_once_it_is_back(
    world: World, receiver: Receiver
) -> None:
    endpoint_id, old = world.endpoint(receiver)
    set_active(world, endpoint_id, active=False)
    world.see()
    assert world.work() == []
    assert [delivery.status for delivery in world.deliveries()] == [DeliveryStatus.PENDING]
    with world.database.transaction() as session:
        new = endpoints.rotate(session, SYSTEM, endpoint_id, world.seal, timedelta(hours=1))
    world.pass_time(3601)
    assert sweep(world) == ["swept"]

    set_active(world, endpoint_id, active=True)
    assert sweep(world) == ["swept", "delivered"]

    assert len(receiver.verified(new)) == 1
    with pytest.raises(WebhookVerificationError):
        receiver.verified(old)


def test_what_410_was_answered_to_and_what_came_after_it_are_kept(world: World, receiver: Receiver) -> None:
    endpoint_id, secret = world.endpoint(receiver)
    receiver.status = 410
    world.see()
    world.see()
    assert world.work() == ["failed", "over"]
    world.see()
    assert world.work() == []

    receiver.status = 204
    set_active(world, endpoint_id, active=True)
    world.pass_time(61)
    assert sweep(world) == ["swept", "delivered", "delivered", "delivered"]
    assert len(receiver.verified(secret)) == 3


def test_410_at_the_last_try_keeps_the_message_too(world: World, receiver: Receiver) -> None:
    endpoint_id, _ = world.endpoint(receiver)
    receiver.status = 500
    world.see()
    assert world.work(3) == ["failed"] * 3
    receiver.status = 410
    assert world.work() == ["failed"]
    assert [delivery.status for delivery in world.deliveries()] == [DeliveryStatus.PENDING]

    receiver.status = 204
    set_active(world, endpoint_id, active=True)
    world.pass_time(61)
    assert sweep(world) == ["swept", "delivered"]


def test_an_endpoint_that_becomes_inactive_before_the_sending_is_sent_nothing_until_it_is_back(
    world: World, receiver: Receiver
) -> None:
    endpoint_id, _ = world.endpoint(receiver)
    world.see()
    set_active(world, endpoint_id, active=False)
    assert world.work() == ["over"]
    assert receiver.requests == []

    set_active(world, endpoint_id, active=True)
    world.pass_time(61)
    assert sweep(world) == ["swept", "delivered"]


def test_what_is_kept_for_an_inactive_endpoint_is_forgotten_in_its_time(world: World, receiver: Receiver) -> None:
    world.endpoint(receiver, active=False)
    world.see()
    world.pass_time(SETTINGS.keep_deliveries.total_seconds() + 1)
    with world.database.transaction() as session:
        assert deliveries.prune(session, SETTINGS.keep_deliveries) == 1
    assert world.deliveries() == []


@pytest.mark.parametrize("status", [204, 500, 410])
def test_a_replay_during_an_attempt_is_made_whatever_becomes_of_that(
    world: World, receiver: Receiver, status: int
) -> None:
    endpoint_id, _ = world.endpoint(receiver)
    world.see()
    [delivery] = world.deliveries()
    with world.database.transaction() as session:
        claimed = attempts.claim(session, delivery.id, 0, timedelta(seconds=60))
        assert claimed is not None
    with world.database.transaction() as session:
        deliveries.replay(session, SYSTEM, endpoint_id, delivery.id)
    with world.database.transaction() as session:
        outcome = attempts.Outcome(Answer(status, "", retry_after_s=None), None, 1.0)
        assert attempts.settle(session, claimed, outcome, SETTINGS) is None

    [replayed] = world.deliveries()
    assert (replayed.status, replayed.attempts) == (DeliveryStatus.PENDING, 0)
    assert world.attempts() == [(status, None)]
    set_active(world, endpoint_id, active=True)
    assert world.sender.handle(WebhookDue(delivery_id=delivery.id, attempt=0).model_dump_json()) == "delivered"


@pytest.mark.parametrize("role", Role)
def test_an_endpoint_is_told_of_what_whoever_registered_it_may_see_when_it_is_told(
    world: World, receiver: Receiver, role: Role
) -> None:
    """What was registered by an administrator who is limited to a camera later, as far as the role lets that be."""
    maker = add_user(world.database, Role.ADMIN).actor
    assert maker.id is not None
    with world.database.transaction() as session:
        fields: EndpointFields = {"url": receiver.url}
        endpoints.create(session, maker, fields, world.seal, policy_of(SETTINGS))
    seen, unseen = (add_event(world.database, plate="LS15EBC") for _ in range(2))
    world.relay()
    with world.database.transaction() as session:
        session.get_one(User, maker.id).role = role
        if role is not Role.ADMIN:
            camera_limits.change(session, SYSTEM, maker.id, Grants(camera_ids=frozenset({seen.camera_id})))

    world.work()

    told = {json.loads(request.body)["data"]["event"]["id"] for request in receiver.requests}
    assert told == ({str(seen.id), str(unseen.id)} if role is Role.ADMIN else {str(seen.id)})
    if role is not Role.ADMIN:
        refused = [error for _, error in world.attempts() if error is not None]
        assert refused == ["Whoever registered the webhook may not see this camera any more."]
        assert world.get_endpoint(world.deliveries()[0].endpoint_id).failing_since is None
        assert sweep(world) == ["swept"]


def limited_maker(world: World) -> Actor:
    """Somebody who was an administrator, and may see no camera any more."""
    maker = add_user(world.database, Role.ADMIN).actor
    assert maker.id is not None
    with world.database.transaction() as session:
        session.get_one(User, maker.id).role = Role.REVIEWER
        camera_limits.change(session, SYSTEM, maker.id, Grants())
    return maker


def test_an_endpoint_is_told_nothing_of_cameras_that_its_maker_may_not_see(world: World, receiver: Receiver) -> None:
    with world.database.transaction() as session:
        fields: EndpointFields = {"url": receiver.url, "event_types": ["camera.silent"]}
        endpoints.create(session, limited_maker(world), fields, world.seal, policy_of(SETTINGS))
        silence = CameraSilence(camera_id=uuid4(), name="gate", last_frame_at=None, reason=None)
        outbox.add(session, EventType.CAMERA_SILENT, str(silence.camera_id), silence)
    world.relay()

    world.work()

    assert receiver.requests == []
    assert [error for _, error in world.attempts()] == [
        "Whoever registered the webhook may not see this camera any more."
    ]


def test_who_was_subscribed_by_somebody_that_may_not_see_the_camera_any_more_is_told_of_no_hit(world: World) -> None:
    recipient = (Channel.SMS, "+40721234567")
    subscriptions.subscribe(world.database, limited_maker(world), world.list_id, recipient, world.notifier)
    _subscribe(world)

    world.see()

    # What is told goes to all who are subscribed by then.
    assert len(world.notifier.sent) == 1
    assert [address for _, _, address in world.notifier.subscribers.values()] == ["desk@example.org"]


def set_active(world: World, endpoint_id: UUID, *, active: bool) -> None:
    with world.database.transaction() as session:
        endpoints.update(session, SYSTEM, endpoint_id, {"active": active}, policy_of(SETTINGS))


def sweep(world: World) -> list[str]:
    world.queue.send(WebhookSweep().model_dump_json())
    return world.work()


def test_days_of_failure_disable_and_what_waits_is_sent_once_it_is_back(world: World, receiver: Receiver) -> None:
    endpoint_id, secret = world.endpoint(receiver)
    receiver.status = 500
    world.see()
    world.work(1)
    world.pass_time(SETTINGS.disable_after.total_seconds())
    world.see()
    world.work(2)
    assert not world.get_endpoint(endpoint_id).active
    assert set(world.work()) <= {"over"}

    receiver.status = 204
    with world.database.transaction() as session:
        endpoints.update(session, SYSTEM, endpoint_id, {"active": True}, policy_of(SETTINGS))
    world.pass_time(120)
    world.queue.send(WebhookSweep().model_dump_json())

    assert world.work() == ["swept", "delivered", "delivered"]
    assert len(receiver.verified(secret)) == 2
    assert world.get_endpoint(endpoint_id).failing_since is None


def test_a_success_in_between_starts_the_count_of_days_anew(world: World, receiver: Receiver) -> None:
    endpoint_id, _ = world.endpoint(receiver)
    receiver.status = 500
    world.see()
    world.work(1)
    world.pass_time(SETTINGS.disable_after.total_seconds() / 2)
    receiver.status = 204
    world.work()
    receiver.status = 500
    world.pass_time(SETTINGS.disable_after.total_seconds() / 2 + 1)
    world.see()
    world.work(1)
    assert world.get_endpoint(endpoint_id).active


def test_the_sweep_makes_a_lost_message_good(world: World, receiver: Receiver) -> None:
    world.endpoint(receiver)
    world.see()
    lost = MemoryQueue()
    world.queue = lost
    world.pass_time(61)
    lost.send(WebhookSweep().model_dump_json())
    assert world.work() == ["swept", "delivered"]


def test_the_sweep_leaves_alone_what_is_being_sent(world: World, receiver: Receiver) -> None:
    world.endpoint(receiver)
    world.see()
    world.queue = MemoryQueue()
    world.pass_time(61)
    with world.database.transaction() as session:
        session.execute(update(WebhookDelivery).values(lease_until=func.now() + timedelta(seconds=30)))
    world.queue.send(WebhookSweep().model_dump_json())
    assert world.work() == ["swept"]
    assert receiver.requests == []


def test_the_log_forgets_what_is_over_and_old(world: World, receiver: Receiver) -> None:
    world.endpoint(receiver)
    world.see()
    world.work()
    receiver.status = 500
    world.see()
    world.work(1)
    world.pass_time(SETTINGS.keep_deliveries.total_seconds() + 1)
    with world.database.transaction() as session:
        assert deliveries.prune(session, SETTINGS.keep_deliveries) == 1
    assert [delivery.status for delivery in world.deliveries()] == [DeliveryStatus.PENDING]


def test_a_private_target_is_refused_when_it_is_connected_to(world: World, receiver: Receiver) -> None:
    world.endpoint(receiver)
    with world.database.transaction() as session:
        session.execute(update(WebhookEndpoint).values(url=receiver.url.replace("http:", "https:")))
    strict = SETTINGS.model_copy(update={"allow_networks": ()})
    world.see()
    post = posting.direct(policy_of(strict))
    sender = Sender(SenderServices(world.database, world.queue, MemoryBlobs(), world.seal, post), strict)
    [body] = world.queue.waiting
    assert sender.handle(body) == "failed"
    [(status, error)] = world.attempts()
    assert status is None
    assert "public internet" in (error or "")
    assert receiver.requests == []


def test_after_a_rotation_both_secrets_verify_until_the_old_one_expires(world: World, receiver: Receiver) -> None:
    endpoint_id, old = world.endpoint(receiver)
    with world.database.transaction() as session:
        new = endpoints.rotate(session, SYSTEM, endpoint_id, world.seal, timedelta(hours=24))
    world.see()
    world.work()
    assert new != old
    assert len(receiver.verified(old)) == len(receiver.verified(new)) == 1

    receiver.taken.clear()
    world.pass_time(24 * 3600 + 1)
    world.see()
    world.work()
    assert len(receiver.verified(new)) == 1
    with pytest.raises(WebhookVerificationError):
        receiver.verified(old)


def test_secrets_are_not_in_the_database(world: World, receiver: Receiver) -> None:
    _, secret = world.endpoint(receiver)
    with world.database.transaction() as session:
        row = session.execute(text("SELECT webhook_endpoints::text AS row FROM webhook_endpoints")).scalar_one()
        assert secret.removeprefix("whsec_") not in row
        stored = session.scalars(select(WebhookEndpoint.secret)).one()
    assert secret.encode() not in stored
    assert world.seal.open(stored) == secret


def test_a_secret_whose_key_is_gone_waits_for_somebody_to_act(world: World, receiver: Receiver) -> None:
    world.endpoint(receiver)
    world.see()
    [body] = world.queue.waiting
    world.seal = Seal([Fernet.generate_key().decode()])
    with pytest.raises(Unavailable, match="rotate"):
        world.sender.handle(body)
    assert receiver.requests == []


def test_the_key_is_made_once_and_may_be_replaced_by_a_newer_one() -> None:
    store = MemorySecrets("key")
    with pytest.raises(Unavailable):
        Seal.load(store, "key")
    assert ensure_key(store, "key")
    sealed = Seal.load(store, "key").close("whsec_x")
    assert not ensure_key(store, "key")
    keys = (store.get("key") or {})["keys"]
    store.put("key", {"keys": [Fernet.generate_key().decode(), *keys]})
    assert Seal.load(store, "key").open(sealed) == "whsec_x"


def test_an_endpoint_is_told_only_of_what_it_asks_for(world: World) -> None:
    with world.database.transaction() as session:
        other = lists.create(session, SYSTEM, {"name": "other"}).id
    with listening() as all_hits, listening() as others, listening() as updates, listening() as idle:
        world.endpoint(all_hits)
        world.endpoint(others, list_ids=[other])
        world.endpoint(updates, event_types=["bolo.updated"])
        world.endpoint(idle, active=False)
        world.see()
        world.work()
        assert [len(one.requests) for one in (all_hits, others, updates, idle)] == [1, 0, 0, 0]


def test_a_verdict_on_a_hit_is_told_too(world: World, receiver: Receiver) -> None:
    _, secret = world.endpoint(receiver)
    world.see()
    reviewer = add_user(world.database)
    with world.database.transaction() as session:
        [hit] = hits.find(session, PageRequest("hits"), hits.HitFilter()).items
        hits.judge(session, reviewer, hit.id, HitStatus.VERIFIED, "seen on the picture")
    world.relay()
    world.work()

    _, told = receiver.verified(secret)
    assert told["type"] == "bolo.updated"
    assert (told["data"]["hit"]["status"], told["data"]["hit"]["status_note"]) == ("verified", "seen on the picture")


def test_repeats_are_told_to_nobody(world: World, receiver: Receiver) -> None:
    with world.database.transaction() as session:
        lists.update(session, SYSTEM, world.list_id, {"alert_interval_s": 600})
    world.endpoint(receiver)
    upload = add_upload(world.database)
    for _ in range(3):
        add_event(world.database, upload=upload, plate="LS15EBC")
    world.relay()
    world.work()
    assert len(receiver.requests) == 1


def test_the_largest_payload_is_below_twenty_kilobytes(world: World, receiver: Receiver) -> None:
    world.endpoint(receiver)
    long = "€" * 1000
    with world.database.transaction() as session:
        made = lists.create(session, SYSTEM, {"name": long})
        entries.create(session, SYSTEM, made.id, {"pattern": "AB12CDE", "vehicle": long, "reason": long})
        session.execute(update(BoloList).values(description=long))
    candidates = tuple((f"AB12CD{number:09}", 0.123456789012345) for number in range(50))
    add_event(world.database, plate="AB12CDE", candidates=candidates)
    world.relay()
    assert world.work() == ["delivered"]
    assert len(receiver.taken[0].body) < MAX_BODY_BYTES


def test_a_ping_and_a_replay(world: World, receiver: Receiver) -> None:
    endpoint_id, secret = world.endpoint(receiver)
    with world.database.transaction() as session:
        made = deliveries.ping(session, SYSTEM, endpoint_id)
    due = WebhookDue(delivery_id=made.id, attempt=0).model_dump_json()
    assert world.sender.handle(due) == "delivered"
    assert world.sender.handle(due) == "over"

    with world.database.transaction() as session:
        deliveries.replay(session, SYSTEM, endpoint_id, made.id)
    assert world.sender.handle(due) == "delivered"

    assert [body["type"] for body in receiver.verified(secret)] == ["webhook.ping"] * 2
    assert len({one.headers["webhook-id"] for one in receiver.taken}) == 1
    with world.database.transaction() as session:
        _, attempts = deliveries.get(session, endpoint_id, made.id)
    assert len(attempts) == 2


def test_what_is_inactive_is_neither_pinged_nor_replayed(world: World, receiver: Receiver) -> None:
    endpoint_id, _ = world.endpoint(receiver, active=False)
    with world.database.transaction() as session, pytest.raises(Conflict):
        deliveries.ping(session, SYSTEM, endpoint_id)
    with world.database.transaction() as session, pytest.raises(Conflict):
        deliveries.replay(session, SYSTEM, endpoint_id, uuid4())
    with world.database.transaction() as session, pytest.raises(NotFound):
        deliveries.get(session, endpoint_id, uuid4())


@pytest.mark.parametrize(
    "fields",
    [
        {"url": "https://10.0.0.1/"},
        {"url": "https://hooks.example.org/", "event_types": ["event.created"]},
        {"url": "https://hooks.example.org/", "list_ids": [uuid4()]},
    ],
)
def test_endpoints_that_cannot_be_are_refused(world: World, fields: Any) -> None:
    with world.database.transaction() as session, pytest.raises(Unprocessable):
        endpoints.create(session, SYSTEM, fields, world.seal, policy_of(SETTINGS))


@pytest.mark.parametrize(
    "body",
    ["", "null", "[]", "{}", '{"delivery_id": 1}', '{"sweep": false}', json.dumps({"delivery_id": str(UUID(int=7))})],
)
def test_messages_that_are_none_of_ours_are_dropped(world: World, body: str) -> None:
    assert world.sender.handle(body) == "unknown"


def test_a_message_for_a_delivery_that_is_gone_is_dropped(world: World) -> None:
    assert world.sender.handle(WebhookDue(delivery_id=uuid4(), attempt=0).model_dump_json()) == "over"


def _subscribe(world: World) -> None:
    recipient = (Channel.EMAIL, "desk@example.org")
    subscriptions.subscribe(world.database, SYSTEM, world.list_id, recipient, world.notifier)


def test_subscribers_are_told_once_of_a_hit(world: World) -> None:
    _subscribe(world)
    world.see()
    for event in list(world.bus.events):
        world.notify(event)

    [(topic, notice)] = world.notifier.sent
    assert topic == f"topic:bolo-{world.list_id}"
    assert "LS15EBC" in notice.subject
    assert "stolen in March" in notice.text
    with world.database.transaction() as session:
        assert session.scalars(select(BoloMatch.first_notified_at)).one() is not None


def test_a_notice_that_failed_is_sent_when_the_event_comes_again(world: World) -> None:
    _subscribe(world)
    world.notifier.down = True
    with pytest.raises(Unavailable):
        world.see()
    world.notifier.down = False
    for event in list(world.bus.events):
        world.notify(event)
    assert len(world.notifier.sent) == 1


@pytest.mark.parametrize(("status", "told"), [(HitStatus.WRONG_READ, 2), (HitStatus.VERIFIED, 1)])
def test_subscribers_are_told_to_stand_down(world: World, status: HitStatus, told: int) -> None:
    _subscribe(world)
    world.see()
    reviewer = add_user(world.database)
    with world.database.transaction() as session:
        [hit] = hits.find(session, PageRequest("hits"), hits.HitFilter()).items
        hits.judge(session, reviewer, hit.id, status, "")
    world.relay()
    assert len(world.notifier.sent) == told
    assert ("STAND DOWN" in world.notifier.sent[-1][1].subject) == (told == 2)


def test_a_hit_that_was_erased_is_told_to_nobody(world: World, receiver: Receiver) -> None:
    world.endpoint(receiver)
    add_event(world.database, plate="LS15EBC")
    outbox.relay(world.database, world.bus)
    with world.database.transaction() as session:
        session.execute(text("DELETE FROM bolo_matches"))
    for event in world.bus.events:
        world.notify(event)
    assert world.queue.depth() == 0


def test_an_anchor_arrives_as_it_is_kept_at_whoever_asked_for_anchors_whatever_their_lists(
    world: World, receiver: Receiver
) -> None:
    key, store = Ed25519PrivateKey.generate(), MemoryAnchors()
    _, secret = world.endpoint(receiver, event_types=["audit.anchored"], list_ids=[world.list_id])
    with listening() as other:
        world.endpoint(other)
        assert Series(world.database, store, lambda: key).keep_up(datetime.now(UTC))
        world.relay()

        assert world.work() == ["delivered"]
        assert other.requests == []
    [body] = receiver.verified(secret)
    assert body["type"] == "audit.anchored"
    # By what the documentation says, whoever keeps anchors recomputes the digest that the next one names.
    document = json.dumps(body["data"], sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()
    assert [[document]] == list(store.kept.values())


def test_administrators_are_told_once_that_the_audit_log_is_disputed(world: World) -> None:
    for _ in range(2):
        with world.database.transaction() as session:
            anchors.report(session, "Anchor 3 found record 7 at the log's end.")
        world.relay()

    [(topic, notice)] = world.notifier.sent
    assert topic == "topic:admins"
    assert "Anchor 3 found record 7" in notice.text


def test_a_silent_camera_is_told_to_administrators_and_to_who_asked_for_it(world: World, receiver: Receiver) -> None:
    _, secret = world.endpoint(receiver, event_types=["camera.silent"])
    silence = CameraSilence(camera_id=uuid4(), name="North gate", last_frame_at=None, reason="The camera refuses.")
    with world.database.transaction() as session:
        outbox.add(session, EventType.CAMERA_SILENT, "camera", silence)
    world.relay()

    assert world.work() == ["delivered"]
    [body] = receiver.verified(secret)
    assert body["data"] == silence.model_dump(mode="json")
    [(topic, notice)] = world.notifier.sent
    assert topic == "topic:admins"
    assert "North gate" in notice.text
    assert "refuses" in notice.short


def test_signatures_are_the_standard_s() -> None:
    """The reference vector of the specification, so that both sides are not wrong together."""
    secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
    signed = Webhook(secret).sign(
        "msg_p5jXN8AQM9LWM0D4loKWxJek", datetime.fromtimestamp(1614265330, UTC), '{"test": 2432232314}'
    )
    assert signed == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="
