"""The command `anpr`, run as people and scripts run it."""

import json
import subprocess
import sys
import tomllib
from collections.abc import Callable
from importlib.metadata import EntryPoint, EntryPoints
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from sqlalchemy import select

from anpr.models import Role, Upload, UploadStatus
from anpr_client import Client
from anpr_client.cli import commands
from infra.packaging import ROOT
from tests.builders import add_event, passage
from tests.client.conftest import login
from tests.client.server import Served, problem
from tests.client.test_webhooks import PING, SECRET, signed

Run = Callable[..., Result]


@pytest.fixture
def out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Runs the command with a place of its own for the login; nobody is logged in."""
    monkeypatch.setenv("ANPR_CONFIG", str(tmp_path / "config" / "login.json"))

    def run(*words: object, given: str | None = None) -> Result:
        return CliRunner().invoke(commands.anpr, [str(word) for word in words], input=given, prog_name="anpr")

    return run


@pytest.fixture
def run(out: Run, served: Served) -> Run:
    """The same, logged in."""
    done = out("login", served.url, "--email", "admin@example.org", "--password-stdin", given=_password() + "\n")
    assert done.exit_code == 0, done.output
    return out


def printed(done: Result) -> list[dict[str, Any]]:
    """The JSON that a command printed; the API beside it, in this process, prints its log and its metrics."""
    return [one for one in map(json.loads, done.stdout.splitlines()) if not one.keys() & {"_aws", "level"}]


def _password() -> str:
    return login(Role.ADMIN).password


def test_a_login_is_kept_and_ended(out: Run, served: Served, tmp_path: Path) -> None:
    nobody = out("whoami")
    wrong = out("login", served.url, "--email", "admin@example.org", "--password-stdin", given="wrong\n")
    asked = out("login", served.url, given=f"admin@example.org\n{_password()}\n")
    known = out("whoami")
    kept = (tmp_path / "config" / "login.json").read_text()
    ended = out("logout")
    after = out("whoami")

    assert (nobody.exit_code, "anpr login" in nobody.stderr) == (3, True)
    assert (wrong.exit_code, "password" in wrong.stderr) == (3, True)
    assert asked.exit_code == 0
    assert _password() not in asked.output + kept
    assert known.stdout == "admin@example.org (admin)\n"
    assert (ended.exit_code, after.exit_code) == (0, 3)
    assert "POST /auth/logout" in served.requests


def test_a_machines_key_is_kept_instead(out: Run, served: Served, client: Client, camera: str) -> None:
    made = client.post("/auth/keys", {"name": "box", "role": "viewer", "permissions": ["cameras:read"]})

    assert out("login", served.url, "--api-key-stdin", given="anpr_wrong\n").exit_code == 3
    assert out("login", served.url, "--api-key-stdin", given=made["key"] + "\n").exit_code == 0
    assert out("whoami").stdout == "A machine, with an API key.\n"
    assert "North gate" in out("cameras").stdout
    refused = out("search")
    assert (refused.exit_code, "events:read" in refused.stderr) == (3, True)


def test_what_was_kept_for_one_backend_is_shown_to_no_other(run: Run, served: Served) -> None:
    served.requests.clear()
    other = run("--url", served.url.replace("127.0.0.1", "localhost"), "cameras")

    assert (other.exit_code, "no login for" in other.stderr) == (3, True)
    assert served.requests == []


def test_files_are_sent_followed_and_shown(
    run: Run, served: Served, camera: str, clip: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    second = clip.with_name("second.mp4")
    second.write_bytes(b"2" * 1000)
    # A worker, of which two files are no more than a moment's work.
    taken: list[str] = []

    def work(_seconds: float) -> None:
        with served.api.database.transaction() as session:
            waiting = session.scalars(select(Upload.id).where(Upload.status == UploadStatus.QUEUED)).all()
        for number, upload_id in enumerate(waiting):
            served.read(upload_id, passage(1, plate=f"B77AN{number}"))
            taken.append(str(upload_id))

    monkeypatch.setattr("anpr_client.cli.capture.time.sleep", work)

    sent = run("upload", clip, second, "--camera", "north gate", "--captured-at", "2026-03-01T09:00", "--follow")
    again = run("upload", clip, "--camera", "north gate", "--captured-at", "2026-03-01T09:00", "--json")
    found = run("search", "B77*", "--reason", "case 4711", "--json")

    assert sent.exit_code == 0, sent.output
    assert len(taken) == 2
    for told in ("clip.mp4", "second.mp4", "succeeded", "B77AN0", "B77AN1"):
        assert told in sent.stdout
    # The clock at the camera, which is in Berlin, and the passage half a second after the first frame.
    assert "2026-03-01 09:00:00 CET" in sent.stdout
    assert "was sent before" in again.stderr
    [job] = printed(again)
    assert (job["status"], job["id"] in taken) == ("succeeded", True)
    assert {event["plate"] for event in printed(found)} == {"B77AN0", "B77AN1"}
    assert {event["captured_at"][:14] for event in printed(found)} == {"2026-03-01T08:"}


def test_a_file_whose_sending_broke_off_is_taken_up_by_the_next_run(
    run: Run, served: Served, client: Client, camera: str, clip: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("anpr_client._sync.pausing.sleep", lambda _seconds: None)
    monkeypatch.setattr("anpr_client._sync.capture.sleep", lambda _seconds: None)
    served.cuts.extend([10] * 5)
    broken = run("upload", clip, "--camera", "North gate")
    taken_up = run("upload", clip, "--camera", "North gate")
    [upload] = client.uploads.list()
    served.expire(upload.id)
    anew = run("upload", clip, "--camera", "North gate")
    more = run("upload", clip, "--camera", "North gate", "--again")

    assert (broken.exit_code, "does not answer" in broken.stderr) == (5, True)
    assert (taken_up.exit_code, anew.exit_code, more.exit_code) == (0, 0, 0)
    assert "was sent before" not in taken_up.stderr + anew.stderr + more.stderr
    assert len(list(client.uploads.list())) == 3


def test_what_cannot_be_sent_is_said_before_anything_is(run: Run, served: Served, camera: str, clip: Path) -> None:
    (clip.parent / "notes.txt").write_text("x")
    served.requests.clear()
    wrong_kind = run("upload", clip, clip.parent / "notes.txt", "--camera", "North gate")
    nowhere = run("upload", clip, "--camera", "South gate")
    no_file = run("upload", clip.parent / "none.mp4", "--camera", "North gate")

    assert (wrong_kind.exit_code, "no kind" in wrong_kind.stderr) == (4, True)
    assert (nowhere.exit_code, "North gate" in nowhere.stderr) == (4, True)
    assert no_file.exit_code == 2
    assert "POST /uploads" not in served.requests


def test_a_file_that_the_storage_refuses_does_not_keep_the_others(
    run: Run, served: Served, client: Client, camera: str, clip: Path
) -> None:
    second = clip.with_name("second.mp4")
    second.write_bytes(b"2" * 1000)
    served.refusals.append(400)

    done = run("upload", clip, second, "--camera", "North gate", "--json")

    assert done.exit_code == 1
    assert "clip.mp4" in done.stderr
    assert [job["file_name"] for job in printed(done)] == ["second.mp4"]


def test_passages_and_hits_are_shown_and_judged(
    run: Run, served: Served, client: Client, camera: str, clip: Path, tmp_path: Path
) -> None:
    csv = tmp_path / "wanted.csv"
    csv.write_text("plate,reason\nB77ANP,stolen\n?,nothing\n")
    client.bolos.create_list("Stolen", priority="high")
    imported = run("import", "stolen", csv)
    assert run("upload", clip, "--camera", "North gate", "--captured-at", "2026-03-01T08:00Z").exit_code == 0
    [upload] = client.uploads.list()
    served.read(upload.id, passage(1, plate="B77ANP"), passage(2, plate="KX19DMV"))
    [hit] = client.hits.list()

    assert imported.exit_code == 1
    assert "1 added" in imported.stdout
    assert "1 rejected" in imported.stdout
    shown = run("hits", "--list", "stolen", "--status", "unverified")
    for told in ("B77ANP", "exact", "Stolen (high)", "North gate"):
        assert told in shown.stdout
    assert run("judge", hit.id, "verified", "--note", "seen").stdout == "B77ANP: verified\n"
    assert run("hits", "--status", "unverified", "--json").stdout == ""
    assert "B77ANP" in run("export-list", "stolen").stdout
    assert "Stolen" in run("lists").stdout
    watched = run("watch", "--since", "1h", "--count", "2")
    passed = [line for line in watched.stdout.splitlines() if not line.startswith("{")]
    assert sorted(line.split()[3] for line in passed) == ["B77ANP", "KX19DMV"]
    event = next(client.events.search("KX19DMV", reason="a test"))
    assert run("verdict", event.id, "KX19DMW", "--region", "gb").stdout == "corrected KX19DMW\n"
    assert run("verdict", event.id).stdout.startswith("confirmed")
    assert run("verdict", event.id, "X", "--reject", "unreadable").exit_code == 2
    assert run("verdict", event.id, "--reject", "unreadable").stdout == "rejected\n"
    assert str(hit.event.id) in run("review").stdout
    assert run("search", "--camera", "North gate", "--limit", "1", "--json").stdout.count('"plate_normalized"') == 1


def test_vehicles_are_named_listed_and_forgotten(run: Run, served: Served) -> None:
    add_event(served.api.database, plate="AB12CDE")

    named = run("vehicles", "ab12-cde", "--name", "Post van", "--note", "yellow")
    again = run("vehicles", "AB12CDE", "--name", "The post", "--json")
    of_germany = run("vehicles", "AB12CDE", "--name", "Another", "--region", "DE")
    listed = printed(run("vehicles", "--json"))
    found = printed(run("vehicles", "--find", "POST", "--json"))
    seen = run("search", "AB12CDE", "--reason", "case 12")
    forgotten = run("vehicles", "ab 12 cde", "--forget")
    twice = run("vehicles", "ab 12 cde", "--forget")

    assert (named.exit_code, "ab12-cde" in named.stdout, "yellow" in named.stdout) == (0, True, True)
    assert [(one["name"], one["note"]) for one in printed(again)] == [("The post", "yellow")]
    assert of_germany.exit_code == 0
    assert [(one["name"], one["region"]) for one in listed] == [("Another", "de"), ("The post", None)]
    assert [one["name"] for one in found] == ["The post"]
    assert "The post" in seen.stdout
    assert forgotten.exit_code == 0
    assert (twice.exit_code, "No vehicle is known" in twice.stderr) == (4, True)
    assert [one["name"] for one in printed(run("vehicles", "--json"))] == ["Another"]
    for wrong in (("--name", "x"), ("AB12CDE", "--name", "x", "--forget"), ("AB12CDE", "--note", "x")):
        assert run("vehicles", *wrong).exit_code == 2, wrong


def test_errors_are_a_line_and_a_status(run: Run, served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    no_reason = run("search", "B77*")
    too_broad = run("search", "B*", "--reason", "case")
    bad_time = run("search", "--since", "yesterday")
    served.faults.extend([problem(429, "slow down", retry_after="900")])
    busy = run("jobs")
    monkeypatch.setattr("anpr_client._sync.transport.sleep", lambda _seconds: None)
    monkeypatch.setenv("ANPR_URL", "http://127.0.0.1:1")
    monkeypatch.setenv("ANPR_API_KEY", "anpr_x")
    away = run("jobs")

    assert (no_reason.exit_code, "reason" in no_reason.stderr) == (4, True)
    assert (too_broad.exit_code, "too many plates" in too_broad.stderr) == (4, True)
    assert (bad_time.exit_code, "no time" in bad_time.stderr) == (2, True)
    assert (busy.exit_code, "slow down" in busy.stderr) == (4, True)
    assert (away.exit_code, "does not answer" in away.stderr) == (5, True)
    for done in (no_reason, too_broad, bad_time, busy, away):
        assert "Traceback" not in done.output
        assert done.stdout == ""


def test_a_webhook_is_checked(out: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    body, headers = signed(PING)
    (tmp_path / "body.json").write_bytes(body)
    told = [word for name, value in headers.items() for word in ("--header", f"{name}: {value}")]
    monkeypatch.setenv("ANPR_WEBHOOK_SECRET", SECRET)

    assert json.loads(out("verify-webhook", tmp_path / "body.json", *told).stdout)["type"] == "webhook.ping"
    refused = out("verify-webhook", tmp_path / "body.json", *told[:-2])
    assert (refused.exit_code, refused.stdout) == (4, "")


def test_names_of_cameras_are_completed(run: Run, client: Client, camera: str, monkeypatch: pytest.MonkeyPatch) -> None:
    client.cameras.create("South gate")
    monkeypatch.setenv("_ANPR_COMPLETE", "bash_complete")
    monkeypatch.setenv("COMP_WORDS", "anpr upload a.mp4 --camera no")
    monkeypatch.setenv("COMP_CWORD", "4")

    assert run().stdout.strip() == "plain,North gate"


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_each_shell_gets_its_completion(out: Run, shell: str) -> None:
    assert "_ANPR_COMPLETE" in out("completion", shell).stdout


def test_what_another_distribution_brings_along_is_a_command_too(out: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """The backend's administration, where it is installed: named in its pyproject.toml."""
    named = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["entry-points"][commands.PLUGINS]
    found = [EntryPoint(name, value, commands.PLUGINS) for name, value in named.items()]

    def entry_points(*, group: str, name: str | None = None) -> EntryPoints:
        assert group == commands.PLUGINS
        return EntryPoints(one for one in found if name in (None, one.name))

    monkeypatch.setattr(commands, "entry_points", entry_points)

    assert {"license", "audit", "search"} <= set(out("--help").stdout.split())
    helped = out("license", "issue", "--help")
    assert (helped.exit_code, "--monthly-minutes" in helped.stdout) == (0, True)
    assert out("license", "show", "--public-key", "x", "y").exit_code == 2


def test_the_client_needs_nothing_of_the_backend() -> None:
    program = (
        "import sys, anpr_client.cli.commands\n"
        "print(sorted({name.partition('.')[0] for name in sys.modules} & "
        "{'anpr', 'functions', 'gpu_worker', 'infra', 'boto3', 'sqlalchemy', 'fastapi'}))"
    )
    done = subprocess.run(
        [sys.executable, "-c", program],
        env={"PYTHONPATH": str(ROOT / "client"), "PATH": ""},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (done.stdout, done.stderr) == ("[]\n", "")
