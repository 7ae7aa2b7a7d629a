import os
import subprocess
import sys
from pathlib import Path

from gpu_worker.scratch import clear_leftovers, scratch_folder


def test_a_scratch_folder_is_there_while_it_is_used(tmp_path: Path) -> None:
    with scratch_folder(tmp_path) as folder:
        (folder / "source").write_bytes(b"footage")
        assert folder.parent == tmp_path

    assert list(tmp_path.iterdir()) == []


def test_what_a_killed_worker_left_is_cleared_and_nothing_else(tmp_path: Path) -> None:
    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait()
    left = tmp_path / f"anpr-job-{ended.pid}-abc"
    in_use = tmp_path / f"anpr-job-{os.getpid()}-abc"
    others = [tmp_path / "anpr-job-notanumber-x", tmp_path / "something-else"]
    for folder in (left, in_use, *others):
        folder.mkdir()
        (folder / "source").write_bytes(b"footage")

    clear_leftovers(tmp_path)

    assert sorted(tmp_path.iterdir()) == sorted([in_use, *others])
