"""What the client does, over HTTP and with the real API behind."""

import time
from datetime import UTC, datetime, timedelta
from itertools import islice
from pathlib import Path
from uuid import uuid4

import pytest
from sqlalchemy import text

from anpr.identity import auth
from anpr.messages import upload_ids_of
from anpr.models import Role
from anpr_client import (
    AnprError,
    ApiKey,
    Client,
    Conflict,
    Forbidden,
    InvalidPayload,
    Login,
    MemoryTokens,
    NoSuchCamera,
    NotFound,
    TimedOut,
    Unauthenticated,
    Unreachable,
    UploadRefused,
)
from tests.builders import passage
from tests.client.conftest import QUICK, login
from tests.client.server import Served, problem

AT = datetime(2026, 3, 1, 8, tzinfo=UTC)


def test_who_logs_in_is_known(served: Served) -> None:
    with Client(served.url, login(Role.REVIEWER)) as client:
        me = client.me()

    assert (me.email, me.role) == ("reviewer@example.org", "reviewer")
    assert served.requests == ["POST /auth/login", "GET /users/me"]


def test_a_wrong_password_is_told(served: Served) -> None:
    with (
        Client(served.url, Login("admin@example.org", "wrong")) as client,
        pytest.raises(Unauthenticated, match="password") as refused,
    ):
        client.me()

    assert (refused.value.status, refused.value.type) == (401, "urn:anpr:problem:unauthenticated")
    assert refused.value.request_id


def test_a_login_that_expires_is_renewed_once_and_the_request_repeated(served: Served, client: Client) -> None:
    tokens = client.log_in("admin@example.org", login(Role.ADMIN).password)
    stale = tokens.model_copy(update={"access_token": served.api.expired(Role.ADMIN).token})
    store = MemoryTokens(stale)

    with Client(served.url, store) as later:
        assert later.me().role == "admin"
        assert later.me().role == "admin"

    renewed = store.load()
    assert renewed is not None
    assert renewed.refresh_token != tokens.refresh_token
    assert served.requests[-4:] == ["GET /users/me", "POST /auth/refresh", "GET /users/me", "GET /users/me"]


def test_a_login_that_has_ended_is_said_and_not_tried_for_ever(served: Served, client: Client) -> None:
    tokens = client.log_in("admin@example.org", login(Role.ADMIN).password)
    with Client(served.url, MemoryTokens(tokens)) as other:
        other.log_out()

    with Client(served.url, MemoryTokens(tokens)) as late, pytest.raises(Unauthenticated):
        late.me()
    assert served.requests[-2:] == ["GET /users/me", "POST /auth/refresh"]


def test_who_gave_a_password_logs_in_again_by_itself(served: Served, client: Client) -> None:
    client.me()
    with served.api.database.transaction() as session:
        auth.revoke_sessions(session, served.api.users[Role.ADMIN])

    assert client.me().role == "admin"


def test_a_machine_has_its_key_and_no_more_than_it_permits(served: Served, client: Client, camera: str) -> None:
    made = client.post("/auth/keys", {"name": "box", "role": "reviewer", "permissions": ["cameras:read"]})

    with Client(served.url, ApiKey(made["key"])) as machine:
        assert str(machine.cameras.named("north GATE").id) == camera
        with pytest.raises(Forbidden, match="events:read"):
            list(machine.events.search())
    assert "authorization" not in served.headers[-1]


def test_a_camera_that_is_not_there_is_told_with_those_that_are(client: Client, camera: str) -> None:
    with pytest.raises(NoSuchCamera, match="North gate"):
        client.cameras.named("South gate")
    with pytest.raises(NotFound):
        client.cameras.get(uuid4())
    with pytest.raises(Conflict):
        client.cameras.create("North gate")
    assert str(client.cameras.update(camera, region_hint="de", heading=90).id) == camera
    assert client.cameras.update(camera, region_hint=None).region_hint is None


def test_what_is_wrong_with_a_request_is_said_part_by_part(client: Client) -> None:
    with pytest.raises(InvalidPayload) as refused:
        client.post("/cameras", {"name": "", "latitude": 100})

    assert {part.pointer for part in refused.value.errors} == {"/name", "/latitude"}


def test_a_file_is_sent_and_its_job_followed(served: Served, client: Client, camera: str, clip: Path) -> None:
    told: list[tuple[int, int]] = []
    upload = client.uploads.send(
        clip, camera=camera, captured_at=AT, on_progress=lambda done, total: told.append((done, total))
    )
    with pytest.raises(TimedOut):
        client.jobs.follow(upload.id, timeout_s=0)
    served.read(upload.id, passage(1), passage(2, plate="B77ANP"))
    job = client.jobs.follow(upload.id)

    assert served.blobs.objects[f"uploads/{upload.id}/source"] == clip.read_bytes()
    assert told[-1] == (clip.stat().st_size, clip.stat().st_size)
    assert [done for done, _total in told] == sorted(done for done, _total in told)
    assert (job.status, job.events_count, job.over, job.succeeded) == ("succeeded", 2, True, True)
    assert [one.id for one in client.jobs.list(status="succeeded")] == [upload.id]
    assert [one.id for one in client.uploads.list(camera=camera)] == [upload.id]


def test_a_storage_that_takes_bodies_and_tells_nobody_of_them_is_made_up_for(
    served: Served, client: Client, camera: str, clip: Path
) -> None:
    served.blobs.by_put = True

    upload = client.uploads.send(clip, camera=camera, captured_at=AT)

    assert upload.status == "queued"
    assert served.blobs.objects[f"uploads/{upload.id}/source"] == clip.read_bytes()
    assert [upload_ids_of(body) for body in served.api.queue.waiting] == [[upload.id]]


def test_a_connection_that_is_lost_on_the_way_is_made_good_with_a_new_form(
    served: Served, client: Client, camera: str, clip: Path
) -> None:
    served.cuts.extend([100_000, 50])

    upload = client.uploads.send(clip, camera=camera, captured_at=AT)

    assert served.blobs.forms == 3
    assert [one.id for one in client.uploads.list()] == [upload.id]
    assert served.blobs.objects[f"uploads/{upload.id}/source"] == clip.read_bytes()


def test_a_storage_that_stumbles_is_tried_again_and_one_that_stays_down_is_given_up(
    served: Served, client: Client, camera: str, clip: Path
) -> None:
    served.refusals.extend([503, 500])
    client.uploads.send(clip, camera=camera, captured_at=AT)

    served.refusals.extend([503] * 10)
    with pytest.raises(Unreachable, match="503"):
        client.uploads.send(clip, camera=camera, captured_at=AT)


def test_a_form_that_ran_out_is_replaced_once(served: Served, client: Client, camera: str, clip: Path) -> None:
    served.refusals.append(403)
    client.uploads.send(clip, camera=camera, captured_at=AT)
    served.refusals.extend([403, 403])
    with pytest.raises(UploadRefused, match="Refused") as refused:
        client.uploads.send(clip, camera=camera, captured_at=AT)
    assert refused.value.status == 403


def test_an_upload_with_the_same_key_is_taken_up_and_not_sent_twice(
    served: Served, client: Client, camera: str, clip: Path
) -> None:
    served.cuts.extend([10] * 4)
    with pytest.raises(Unreachable):
        client.uploads.send(clip, camera=camera, captured_at=AT, key="clip-1")

    first = client.uploads.send(clip, camera=camera, captured_at=AT, key="clip-1")
    forms = served.blobs.forms
    second = client.uploads.send(clip, camera=camera, captured_at=AT, key="clip-1")

    assert first.id == second.id
    assert second.form is None
    assert served.blobs.forms == forms
    assert len(list(client.uploads.list())) == 1


@pytest.mark.parametrize(("name", "content", "why"), [("a.txt", b"x", "no kind"), ("a.mp4", b"", "empty")])
def test_a_file_that_cannot_be_read_is_not_sent(
    client: Client, camera: str, tmp_path: Path, name: str, content: bytes, why: str
) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(AnprError, match=why):
        client.uploads.send(tmp_path / name, camera=camera, captured_at=AT)
    with pytest.raises(AnprError, match="no file"):
        client.uploads.send(tmp_path / "b.mp4", camera=camera, captured_at=AT)
    assert list(client.uploads.list()) == []


@pytest.fixture
def seen(served: Served, client: Client, camera: str, clip: Path) -> list[str]:
    """Five plates, the last one first; they were seen one after the other."""
    plates = ["B77ANP", "KX19DMV", "8TRK592", "B77XYZ", "MAX4827"]
    upload = client.uploads.send(clip, camera=camera, captured_at=AT)
    found = [passage(number, plate=plate, best_s=float(number)) for number, plate in enumerate(plates)]
    served.read(upload.id, *found)
    return list(reversed(plates))


def test_passages_are_found_over_as_many_pages_as_it_takes(client: Client, camera: str, seen: list[str]) -> None:
    found = list(client.events.search(camera_id=camera, limit=2))
    wild = list(client.events.search("b77*", reason="case 4711"))

    assert [event.plate for event in found] == seen
    assert [event.plate for event in wild] == ["B77XYZ", "B77ANP"]
    assert wild[0].match is not None
    assert wild[0].match.how == "wildcard"
    assert client.events.get(found[0].id) == found[0]
    with pytest.raises(InvalidPayload, match="reason"):
        list(client.events.search("B77*"))
    assert len(list(client.events.search(captured_from=AT + timedelta(seconds=3)))) == 2
    assert [event["plate"] for event in client.pages("/events", limit=2)] == seen


def test_passages_are_watched_as_they_are_recorded(
    served: Served, client: Client, camera: str, clip: Path, seen: list[str]
) -> None:
    coming = client.events.watch(since=datetime.now(UTC) - timedelta(minutes=5))
    assert {event.plate for event in islice(coming, 5)} == set(seen)

    # Captured long ago, and recorded now.
    older = client.uploads.send(clip, camera=camera, captured_at=AT - timedelta(days=300))
    served.read(older.id, passage(1, plate="OLD123"))

    assert next(coming).plate == "OLD123"


def test_nothing_that_was_there_before_is_watched(
    served: Served, client: Client, camera: str, clip: Path, seen: list[str]
) -> None:
    with served.api.database.transaction() as session:
        session.execute(text("UPDATE events SET processed_at = processed_at - interval '1 hour'"))
    coming = client.events.watch()
    upload = client.uploads.send(clip, camera=camera, captured_at=AT)
    served.read(upload.id, passage(1, plate="NEW123"))
    # The backend's clock tells whole seconds, and is first asked when a passage is asked for.
    time.sleep(1.1)

    assert next(coming).plate == "NEW123"


def test_a_read_is_judged_and_the_verdict_undone(client: Client, seen: list[str]) -> None:
    [review, *_others] = client.review.queue(limit=1)
    [claimed] = client.review.claim()
    given = client.review.correct(claimed.event.id, "AB12CDE", region="gb", note="mud")
    again = client.review.correct(claimed.event.id, "AB12CDE", region="gb", note="mud")
    other = next(event for event in client.events.search() if event.id != claimed.event.id)

    assert review.event.id == claimed.event.id
    assert given.id == again.id
    assert client.events.get(claimed.event.id).effective_plate == "AB12CDE"
    assert client.review.undo(given.id).undone_at is not None
    assert client.events.get(claimed.event.id).review_status == "unreviewed"
    assert [one.id for one in client.review.history(claimed.event.id)] == [given.id]
    assert client.review.reject(other.id, "unreadable").reject_reason == "unreadable"
    assert client.review.confirm(claimed.event.id).verdict == "confirmed"


def test_wanted_plates_are_imported_hit_and_exported(
    served: Served, client: Client, camera: str, clip: Path, tmp_path: Path
) -> None:
    wanted = client.bolos.create_list("stolen", priority="high")
    csv = tmp_path / "wanted.csv"
    csv.write_text("plate,reason\nB77ANP,stolen\nKX19DMV,stolen\n?,no plate\n")
    dry = client.bolos.import_csv(wanted.id, csv, dry_run=True)
    report = client.bolos.import_csv(wanted.id, csv)
    entry = client.bolos.add(wanted.id, "8TRK*", reason="a pattern", confirm_broad=True)
    upload = client.uploads.send(clip, camera=camera, captured_at=AT)
    served.read(upload.id, passage(1, plate="B77ANP"))
    [hit] = client.hits.list(list_id=wanted.id)
    judged = client.hits.judge(hit.id, "verified", note="seen on the picture")

    assert (dry.dry_run, dry.added, report.added, report.rejected) == (True, 2, 2, 1)
    assert report.errors[0].line == 4
    assert (hit.bolo.pattern, hit.matched_by, hit.list.name) == ("B77ANP", "exact", "stolen")
    assert (judged.status, client.hits.get(hit.id).status_note) == ("verified", "seen on the picture")
    assert client.bolos.update(entry.id, active=False).active is False
    assert {one.pattern for one in client.bolos.entries(list_id=wanted.id)} == {"B77ANP", "KX19DMV", "8TRK*"}
    exported = client.bolos.export_csv(wanted.id)
    assert exported.splitlines()[0].startswith("plate,")
    assert len(exported.splitlines()) == 4
    assert [one.name for one in client.bolos.lists()] == ["stolen"]


def test_a_long_list_is_exported_whole(client: Client) -> None:
    wanted = client.bolos.create_list("long")
    plates = [f"AB{number:05d}" for number in range(12_000)]
    client.bolos.import_csv(wanted.id, "\n".join(["plate", *plates]).encode())

    exported = client.bolos.export_csv(wanted.id).splitlines()

    assert sorted(line.split(",")[0] for line in exported[1:]) == plates


def test_an_export_is_followed_and_fetched(served: Served, client: Client, seen: list[str], tmp_path: Path) -> None:
    export = client.exports.create("training", contents=["csv"], statuses=["unreviewed"])
    assert (export.status, export.over) == ("queued", False)
    with pytest.raises(TimedOut):
        client.exports.follow(export.id, timeout_s=0)
    with served.api.database.transaction() as session:
        session.execute(
            text("UPDATE exports SET status = 'ready', size_bytes = 3, expires_at = now() + interval '1 day'")
        )
    served.blobs.objects[f"exports/{export.id}.zip"] = b"zip"

    assert client.exports.follow(export.id).status == "ready"
    assert client.exports.download(export.id, tmp_path / "a.zip").read_bytes() == b"zip"
    served.blobs.objects.clear()
    with pytest.raises(AnprError, match="not good"):
        client.exports.download(export.id, tmp_path / "b.zip")
    assert sorted(path.name for path in tmp_path.iterdir() if path.suffix != ".mp4") == ["a.zip"]


def test_an_image_is_fetched_without_telling_the_storage_who_asks(
    served: Served, client: Client, seen: list[str]
) -> None:
    event = next(client.events.search())
    assert event.crop_url is not None
    served.blobs.objects[event.crop_url.partition("/store/")[2]] = b"jpeg"

    assert client.events.image(event.crop_url) == b"jpeg"


def test_too_many_requests_and_an_overloaded_backend_are_waited_out(served: Served, client: Client) -> None:
    client.me()
    served.faults.extend(
        [problem(429, "slow down", retry_after="0"), problem(503, "starting"), problem(502, "gateway")]
    )

    assert client.me().role == "admin"
    assert served.requests[-4:] == ["GET /users/me"] * 4


def test_what_may_not_be_done_twice_is_repeated_only_where_it_was_refused(served: Served, client: Client) -> None:
    client.me()
    served.faults.append(problem(429, "slow down", retry_after="0"))
    client.cameras.create("one")
    served.faults.append(problem(502, "who knows"))
    with pytest.raises(AnprError, match="who knows"):
        client.cameras.create("two")

    assert [one.name for one in client.cameras.list()] == ["one"]


def test_a_backend_that_asks_for_long_patience_is_not_waited_for(served: Served, client: Client) -> None:
    client.me()
    served.faults.append(problem(429, "locked out", retry_after="900"))
    with pytest.raises(AnprError, match="locked out") as refused:
        client.me()
    assert getattr(refused.value, "retry_after_s", None) == 900


def test_a_backend_that_is_not_there_is_said_after_the_tries() -> None:
    with (
        Client("http://127.0.0.1:1", ApiKey("anpr_x"), options=QUICK) as client,
        pytest.raises(Unreachable, match=r"http://127\.0\.0\.1:1 does not answer"),
    ):
        client.me()


@pytest.mark.parametrize("url", ["", "api.example.org", "ftp://example.org"])
def test_what_is_no_address_is_said(url: str) -> None:
    with pytest.raises(AnprError, match="no address"):
        Client(url)


def test_the_environment_names_backend_and_caller(served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ANPR_URL", served.url + "/")
    with pytest.raises(AnprError, match="ANPR_EMAIL"):
        Client.from_environment()
    monkeypatch.setenv("ANPR_EMAIL", "viewer@example.org")
    monkeypatch.setenv("ANPR_PASSWORD", login(Role.VIEWER).password)
    with Client.from_environment() as client:
        assert client.me().role == "viewer"
