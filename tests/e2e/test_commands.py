"""The commands of the one-machine run leave nothing behind when they should not, and everything when they should."""

import os
import re
import shutil
import signal
import stat
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import httpx
import pytest

from anpr_client import Client, Login
from infra.local.clip.scene import PLATES
from infra.local.demo import rendered_clip
from infra.packaging import ROOT
from tests.markdown import code_blocks

pytestmark = [
    pytest.mark.timeout(400),
    pytest.mark.skipif(not Path("/proc/self/environ").exists(), reason="finds processes by Linux's /proc"),
]


_BEFORE_THE_FIVE_LINES = """
import os
from datetime import UTC, datetime
from pathlib import Path

from anpr_client import Client, Login

url = Path(".local/api.txt").read_text().strip()
email, password = Path(".local/login.txt").read_text().split()
clip = os.environ["CLIP"]
"""


class Commands:
    """Runs `python -m infra.local` so that all it starts, at any remove, can be found."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self._mark = f"ONE_MACHINE_TEST={uuid4()}"
        name, value = self._mark.split("=")
        self._env = os.environ | {name: value}

    def start(self, *arguments: str) -> subprocess.Popen[str]:
        """Start a command in a process group of its own, as a shell does."""
        return subprocess.Popen(
            [sys.executable, "-m", "infra.local", "--home", str(self.home), *arguments],
            cwd=ROOT,
            env=self._env,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            process_group=0,
        )

    def run(self, *arguments: str) -> str:
        """Run a command to its good end; returns what it printed."""
        process = self.start(*arguments)
        output, _ = process.communicate(timeout=300)
        assert process.returncode == 0, output
        return output

    def left(self) -> list[str]:
        """Command lines of the processes that are there and were started by these commands."""
        found = []
        for process in Path("/proc").glob("[0-9]*"):
            try:
                if self._mark.encode() in (process / "environ").read_bytes().split(b"\0"):
                    found.append((process / "cmdline").read_bytes().replace(b"\0", b" ").decode())
            except (FileNotFoundError, ProcessLookupError, PermissionError):
                continue
        return found


@pytest.fixture
def commands() -> Iterator[Commands]:
    with tempfile.TemporaryDirectory(prefix="anpr-home-", ignore_cleanup_errors=True) as home:
        # The unprivileged user that runs PostgreSQL must be able to walk to its data.
        Path(home).chmod(0o755)
        made = Commands(Path(home))
        yield made
        made.run("down")
        assert made.left() == []


def test_the_demonstration_prints_the_plates_and_leaves_nothing_running(commands: Commands) -> None:
    output = commands.run("demo")

    for plate in PLATES:
        assert plate in output
        assert list((commands.home / "demo").glob(f"{plate}-*.jpg"))
    # Nothing answers any more when the demonstration has ended, so no link is worth printing.
    assert "http://" not in output
    assert commands.left() == []


@pytest.mark.parametrize(
    ("after", "number"),
    [("PostgreSQL started", signal.SIGINT), ("Core stack deployed", signal.SIGTERM), ("uploaded", signal.SIGINT)],
)
def test_an_interrupted_demonstration_leaves_nothing_running(
    commands: Commands, after: str, number: signal.Signals
) -> None:
    process = commands.start("demo")
    assert process.stdout is not None
    seen = []
    for line in process.stdout:
        seen.append(line)
        if after in line:
            os.killpg(process.pid, number)
            break
    rest, _ = process.communicate(timeout=120)

    assert process.returncode == 128 + number, "".join(seen) + rest
    assert "Interrupted" in rest
    assert "Traceback" not in rest
    assert commands.left() == []


def test_a_missing_clip_is_said_in_words_before_anything_starts(commands: Commands) -> None:
    process = commands.start("demo", "--clip", "nowhere.mp4")
    output, _ = process.communicate(timeout=60)

    assert process.returncode == 1
    assert "There is no file nowhere.mp4." in output
    assert "Traceback" not in output


def test_what_is_up_stays_up_and_keeps_its_data_over_a_down(commands: Commands) -> None:
    first = commands.run("up")
    email, password = (commands.home / "login.txt").read_text().split()
    assert password in first
    assert stat.S_IMODE((commands.home / "login.txt").stat().st_mode) == 0o600
    with Client(_address(first), Login(email, password)) as api:
        camera = api.cameras.create("kept")

    again = commands.run("up")
    assert "runs already" in again
    assert email in again
    assert password not in again
    commands.run("down")
    assert commands.left() == []

    second = commands.run("up")
    assert password not in second
    with Client(_address(second), Login(email, password)) as api:
        assert list(api.cameras.list()) == [camera]
    docs = re.search(r"http://(\w+)\.execute-api\.localhost:(\d+)/docs", second)
    assert docs, second
    host = {"Host": f"{docs[1]}.execute-api.localhost:{docs[2]}"}
    assert "swagger" in httpx.get(f"http://127.0.0.1:{docs[2]}/docs", headers=host, timeout=30, trust_env=False).text


def test_the_readmes_calls_run_as_they_are_printed(commands: Commands, tmp_path: Path) -> None:
    for program in ("curl", "jq"):
        assert shutil.which(program), f"the README's calls need {program}"
    commands.run("up")
    (tmp_path / ".local").symlink_to(commands.home)
    (tmp_path / ".venv").symlink_to(Path(sys.prefix))
    (script,) = code_blocks((ROOT / "README.md").read_text(), containing="/auth/login")

    done = subprocess.run(
        ["sh", "-c", script],
        cwd=tmp_path,
        env=os.environ | {"PYTHONPATH": f"{ROOT}:{ROOT / 'layers/core/python'}"},
        capture_output=True,
        text=True,
        timeout=180,
        check=False,
    )

    assert done.returncode == 0, done.stderr
    assert '"status": "succeeded"' in done.stdout, done.stdout + done.stderr
    assert '"plate": "B77ANP"' in done.stdout, done.stdout + done.stderr
    assert done.stderr == ""


def test_the_clients_five_lines_run_as_they_are_printed(commands: Commands, tmp_path: Path) -> None:
    commands.run("up")
    (tmp_path / ".local").symlink_to(commands.home)
    page = (ROOT / "docs" / "client.md").read_text()
    (shell,) = code_blocks(page, containing="anpr login")
    (python,) = code_blocks(page, containing="Client(url", language="python")
    (tmp_path / "five.py").write_text(_BEFORE_THE_FIVE_LINES + python)
    env = os.environ | {
        "PATH": f"{Path(sys.prefix) / 'bin'}:{os.environ['PATH']}",
        "PYTHONPATH": f"{ROOT / 'client'}:{ROOT}:{ROOT / 'layers/core/python'}",
        "ANPR_CONFIG": str(tmp_path / "login.json"),
        "CLIP": str(rendered_clip()),
    }

    for program in (["sh", "-e", "-c", shell], [sys.executable, "five.py"]):
        done = subprocess.run(program, cwd=tmp_path, env=env, capture_output=True, text=True, timeout=180, check=False)
        assert (done.returncode, done.stderr) == (0, ""), done.stdout + done.stderr
        assert "succeeded" in done.stdout
        assert "B77ANP" in done.stdout.splitlines()[-1]
    assert len(shell.strip().splitlines()) == len(python.strip().splitlines()) == 5


def test_a_worker_that_died_is_replaced_by_the_next_up(commands: Commands) -> None:
    commands.run("up")
    (worker,) = [
        int(process.name) for process in Path("/proc").glob("[0-9]*") if _is_worker_below(process, commands.home)
    ]
    os.killpg(worker, signal.SIGKILL)
    time.sleep(0.2)

    output = commands.run("up")

    assert "runs already" not in output
    assert len([line for line in commands.left() if "gpu_worker" in line]) >= 1


def _address(output: str) -> str:
    found = re.search(r"^API\s+(\S+)", output, re.MULTILINE)
    assert found, output
    return found[1]


def _is_worker_below(process: Path, home: Path) -> bool:
    """Whether a process is the worker that writes its log in a folder."""
    try:
        command = (process / "cmdline").read_bytes()
        log = (process / "fd" / "1").readlink()
        leads = os.getpgid(int(process.name)) == int(process.name)
    except (FileNotFoundError, ProcessLookupError, PermissionError, OSError):
        return False
    return b"gpu_worker\0work\0" in command and log.is_relative_to(home) and leads
