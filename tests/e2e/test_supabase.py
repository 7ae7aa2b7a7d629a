"""The backend on stand-ins for a Supabase project: the whole way of a clip, with the queues in its database."""

import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest
from playwright.sync_api import Browser, expect
from sqlalchemy import text

from anpr_client import Login
from infra.local.clip.scene import PLATES
from infra.local.demo import rendered_clip
from infra.local.scratch import scratch
from tests.e2e.browsing import reading
from tests.receiver import Receiver, listening
from tests.supabase.pooler import MISSING, program
from tests.supabase.site import ADMIN, PASSWORD, SupabaseSite, launch

pytestmark = [pytest.mark.timeout(600), pytest.mark.skipif(program() is None, reason=MISSING)]


@pytest.fixture(scope="module")
def project_site() -> Iterator[SupabaseSite]:
    with ExitStack() as stack:
        yield launch(stack.enter_context(scratch()), stack)


@pytest.fixture
def api(project_site: SupabaseSite) -> Iterator[httpx.Client]:
    with project_site.http() as client:
        yield client


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with listening() as running:
        yield running


def made(answer: httpx.Response) -> dict[str, Any]:
    assert answer.is_success, answer.text
    found: dict[str, Any] = answer.json()
    return found


def until(condition: Callable[[], bool], what: str, timeout_s: float = 180) -> None:
    deadline = time.monotonic() + timeout_s
    while not condition():
        assert time.monotonic() < deadline, what
        time.sleep(0.2)


def waiting(site: SupabaseSite) -> int:
    with site.project.admin.connect() as connection:
        left: int = connection.execute(text("SELECT count(*) FROM anpr.queue_messages")).scalar_one()
    return left


def begun(api: httpx.Client, camera: str, clip: Path) -> dict[str, Any]:
    body = {
        "camera_id": camera,
        "file_name": clip.name,
        "content_type": "video/mp4",
        "size_bytes": clip.stat().st_size,
        "captured_at": datetime.now(UTC).isoformat(),
    }
    return made(api.post("/uploads", json=body))


def post(form: dict[str, Any], content: bytes) -> int:
    files = {"file": ("clip.mp4", content, "video/mp4")}
    return httpx.post(form["url"], data=form["fields"], files=files, timeout=60, trust_env=False).status_code


def test_a_clip_goes_the_whole_way_by_the_storages_trigger(
    project_site: SupabaseSite, api: httpx.Client, receiver: Receiver
) -> None:
    """Nobody says that the upload is complete: the stored object's row begins the job."""
    clip = rendered_clip()
    camera = made(api.post("/cameras", json={"name": "north gate"}))["id"]
    wanted = made(api.post("/bolos/lists", json={"name": "wanted", "priority": "high"}))["id"]
    made(api.post("/bolos", json={"list_id": wanted, "pattern": PLATES[0], "reason": "a test", "case_number": "1"}))
    made(api.post("/webhooks", json={"url": receiver.url, "event_types": ["bolo.matched"]}))
    upload = begun(api, camera, clip)

    assert post(upload["form"], clip.read_bytes()) < 300

    until(lambda: made(api.get(f"/jobs/{upload['id']}"))["status"] == "succeeded", "the clip was not read")
    passages = made(api.get("/events", params={"camera_id": camera}))["items"]
    assert {each["plate"] for each in passages} == set(PLATES)
    until(lambda: len(receiver.taken) == 1, "no webhook came")
    crop = httpx.get(made(api.get(f"/events/{passages[0]['id']}"))["crop_url"], trust_env=False)
    assert (crop.status_code, crop.content[:2]) == (200, b"\xff\xd8")
    until(lambda: waiting(project_site) == 0, "the queues were not worked off")


def test_another_size_than_announced_is_refused_at_the_end(api: httpx.Client) -> None:
    camera = made(api.post("/cameras", json={"name": "south gate"}))["id"]
    clip = rendered_clip()
    upload = begun(api, camera, clip)
    assert post(upload["form"], clip.read_bytes() + b"and more") < 300

    refused = api.post(f"/uploads/{upload['id']}/complete")

    assert refused.status_code == 409
    assert "were announced" in refused.json()["detail"]
    assert made(api.get(f"/jobs/{upload['id']}"))["status"] == "awaiting_file"


def test_people_are_supabases_and_roles_ours(project_site: SupabaseSite, api: httpx.Client) -> None:
    subject = project_site.issuer.add("ana@example.org", "correct horse battery staple")
    with project_site.http("ana@example.org") as ana:
        me = made(ana.get("/users/me"))
        assert (me["id"], me["role"]) == (str(subject), "viewer")
        assert ana.get("/users").status_code == 403
        made(api.patch(f"/users/{subject}", json={"role": "admin"}))
        assert made(ana.get("/users"))["items"]
    assert made(api.get("/users/me"))["email"] == ADMIN
    login = {"email": ADMIN, "password": "correct horse battery staple"}
    assert httpx.post(f"{project_site.api_url}/auth/login", json=login, trust_env=False).status_code == 501


def test_a_second_migration_finds_nothing_to_do(project_site: SupabaseSite) -> None:
    before = project_site.migrate()
    assert before["buckets_made"] == []
    assert project_site.migrate()["revision"] == before["revision"]


def test_the_poolers_port_is_refused_by_migrate(project_site: SupabaseSite) -> None:
    url = "postgresql://postgres@127.0.0.1:6543/postgres"
    done = project_site.run("-m", "server", "migrate", ANPR_DB_URL=url, ANPR_DB_ROLE="")
    assert done.returncode == 2
    assert "ANPR_DB_URL names port 6543" in done.stderr
    stranger = project_site.run("-m", "server", "api", ANPR_REDIS_URL="redis://valkey")
    assert stranger.returncode == 2
    assert "ANPR_REDIS_URL belongs to ANPR_MODE=selfhost" in stranger.stderr


def test_somebody_logs_in_at_the_console_by_the_projects_auth(project_site: SupabaseSite, browser: Browser) -> None:
    with reading(browser, project_site) as reader:
        reader.open()
        reader.log_in(Login(ADMIN, "not the password"))
        expect(reader.page.get_by_role("alert")).to_have_text("Invalid login credentials")
        reader.expect_complaint("status of 400")

        reader.enter(Login(ADMIN, PASSWORD))
        assert reader.find_barriers() == []
        reader.page.reload()
        expect(reader.page.get_by_label("Password")).to_be_visible()
        assert reader.context.cookies() == []


def checked(site: SupabaseSite, **changes: str) -> tuple[int, dict[str, tuple[str, str]]]:
    """What `anpr check` says: its status, and by part the verdict and the words."""
    done = site.run("-m", "anpr", "check", **changes)
    assert done.returncode in (0, 1), done.stderr
    parts = {}
    for line in done.stdout.splitlines()[:-1]:
        verdict, rest = line[:5].strip(), line[5:]
        part, _, said = rest.partition(": ")
        parts[part] = (verdict, said)
    return done.returncode, parts


def test_the_check_goes_through_each_part_and_leaves_nothing(project_site: SupabaseSite) -> None:
    before = project_site.storage.client.list_objects_v2(Bucket="anpr")["KeyCount"]

    status, parts = checked(project_site)

    assert status == 0
    notes = {part for part, (verdict, _) in parts.items() if verdict == "note"}
    assert notes == {"size"}
    expected = "keys,database,role,clocks,schema,Data API,trigger on Storage,login keys,queue,form,link,size,deletion"
    assert list(parts) == expected.split(",")
    assert project_site.storage.client.list_objects_v2(Bucket="anpr")["KeyCount"] == before


@pytest.mark.parametrize(
    ("changes", "bad"),
    [
        ({"ANPR_S3_SECRET_ACCESS_KEY": "wrong-wrong-wrong"}, {"storage"}),
        ({"ANPR_S3_REGION": "us-east-1"}, {"storage"}),
        ({"ANPR_S3_BUCKET": "another"}, {"storage", "trigger on Storage"}),
        ({"ANPR_SUPABASE_URL": "http://127.0.0.1:9"}, {"login keys"}),
        ({"ANPR_DB_URL": "postgresql://postgres@127.0.0.1:9/postgres"}, {"database", "queue"}),
        ({"ANPR_SECRETS_DIR": "/nonexistent"}, {"keys"}),
    ],
    ids=lambda each: ",".join(each) if isinstance(each, dict) else "",
)
def test_the_check_names_what_is_wrong_and_goes_on(
    project_site: SupabaseSite, changes: dict[str, str], bad: set[str]
) -> None:
    status, parts = checked(project_site, **changes)

    assert status == 1
    assert {part for part, (verdict, _) in parts.items() if verdict == "BAD"} == bad
    assert "wrong-wrong" not in str(parts)


def test_the_check_sees_who_else_may_look_and_whether_the_trigger_is_there(project_site: SupabaseSite) -> None:
    with project_site.project.admin.connect() as connection:
        connection.execute(text("GRANT USAGE ON SCHEMA anpr TO anon"))
        connection.execute(text("DROP TRIGGER anpr_stored_upload ON storage.objects"))

    status, parts = checked(project_site)

    assert (status, parts["Data API"]) == (1, ("BAD", "anon may use the schema anpr"))
    assert parts["trigger on Storage"][0] == "note"
    project_site.migrate()
    assert checked(project_site)[0] == 0
