"""A run that keeps nothing leaves nothing, not even after it was killed."""

import stat
import subprocess
import sys
from pathlib import Path

from infra.local.scratch import scratch
from infra.packaging import ROOT

_KILLED = """
import os, signal
from infra.local.scratch import scratch
with scratch() as folder:
    print(folder, flush=True)
    os.kill(os.getpid(), signal.SIGKILL)
"""


def test_the_folder_is_open_to_all_and_gone_afterwards() -> None:
    with scratch() as folder:
        (folder / "deep" / "er").mkdir(parents=True)
        assert stat.S_IMODE(folder.stat().st_mode) == 0o755

    assert not folder.exists()


def test_what_a_killed_run_left_is_removed_and_a_running_one_keeps_its_own() -> None:
    killed = subprocess.run(
        [sys.executable, "-c", _KILLED], cwd=ROOT, capture_output=True, text=True, timeout=60, check=False
    )
    left = Path(killed.stdout.strip())
    assert left.is_dir()

    with scratch() as first, scratch():
        assert first.is_dir()

    assert not left.exists()
