"""Programs come up or say why not, and end with all that they started."""

import os
import signal
import sys
import time
from pathlib import Path

import pytest

from infra.local.interrupts import Interrupted, deferred, interruptible
from infra.local.process import LoggedProcess, ProcessError, alive, command_of, tail

# Starts a child that takes no hint to end, writes its number, and waits.
_STUBBORN = """
import pathlib, signal, subprocess, sys, time
child = subprocess.Popen([sys.executable, "-c",
    "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('ready', flush=True); time.sleep(600)"],
    stdout=subprocess.PIPE)
child.stdout.readline()
pathlib.Path(sys.argv[1]).write_text(str(child.pid))
time.sleep(600)
"""


def start(tmp_path: Path, program: str, *arguments: str) -> LoggedProcess:
    command = [sys.executable, "-c", program, *arguments]
    return LoggedProcess("program", command, env=os.environ, log=tmp_path / "logs" / "program.log")


def test_what_a_program_started_ends_with_it(tmp_path: Path) -> None:
    note = tmp_path / "child"
    process = start(tmp_path, _STUBBORN, str(note))
    process.wait_until(lambda: note.exists() and note.read_text() != "", timeout_s=20)
    child = int(note.read_text())
    assert alive(child)

    process.stop(grace_s=2)

    deadline = time.monotonic() + 5
    while alive(child) and time.monotonic() < deadline:
        time.sleep(0.02)
    assert not alive(child)
    assert not alive(process.pid)


def test_stopping_twice_is_no_error(tmp_path: Path) -> None:
    process = start(tmp_path, "pass")

    process.stop(grace_s=2)
    process.stop(grace_s=2)

    assert not alive(process.pid)


def test_a_program_that_ends_early_is_reported_with_its_last_words(tmp_path: Path) -> None:
    process = start(tmp_path, "import sys; sys.exit('no such port')")

    with pytest.raises(ProcessError, match=r"(?s)program ended with status 1.*no such port"):
        process.wait_until(lambda: False, timeout_s=20)


def test_a_program_that_does_not_come_up_in_time_is_reported(tmp_path: Path) -> None:
    process = start(tmp_path, "import time; time.sleep(600)")

    with pytest.raises(ProcessError, match="not ready after 0 s"):
        process.wait_until(lambda: False, timeout_s=0.01)
    process.stop(grace_s=2)


def test_a_process_is_known_by_its_command_line() -> None:
    assert "pytest" in command_of(os.getpid()) or "python" in command_of(os.getpid())
    assert command_of(2**22 + 1) == ""


def test_the_tail_of_a_log_is_its_last_lines(tmp_path: Path) -> None:
    log = tmp_path / "log"
    log.write_text("\n".join(str(number) for number in range(100)))

    shown = tail(log, lines=2)

    assert shown.splitlines()[1:] == ["  98", "  99"]
    assert "there is no" in tail(tmp_path / "missing")


def test_an_interruption_waits_for_what_must_not_be_cut_in_two() -> None:
    done = []

    def run() -> None:
        with interruptible():
            with deferred():
                os.kill(os.getpid(), signal.SIGTERM)
                done.append("started and noted")
            done.append("never reached")

    with pytest.raises(Interrupted) as interrupted:
        run()
    assert done == ["started and noted"]
    assert interrupted.value.exit_status == 128 + signal.SIGTERM


def test_impatience_does_not_interrupt_the_stopping() -> None:
    stopped = []

    def run() -> None:
        with interruptible():
            try:
                os.kill(os.getpid(), signal.SIGINT)
            finally:
                os.kill(os.getpid(), signal.SIGINT)
                os.kill(os.getpid(), signal.SIGTERM)
                stopped.append("all of it")

    with pytest.raises(Interrupted):
        run()
    assert stopped == ["all of it"]
    assert signal.getsignal(signal.SIGTERM) is signal.SIG_DFL
