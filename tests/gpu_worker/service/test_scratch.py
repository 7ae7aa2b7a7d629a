import os
import subprocess
import sys
from pathlib import Path

import pytest

from anpr.errors import Unavailable
from gpu_worker.service.scratch import ScratchUnusable, check, check_kept, clear_leftovers, scratch_folder, usable


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


def test_a_scratch_folder_is_usable_where_a_file_can_be_made_and_no_file_stays(tmp_path: Path) -> None:
    check(tmp_path)
    (tmp_path / "file").touch()

    for unusable in (tmp_path / "missing", tmp_path / "file"):
        with pytest.raises(ScratchUnusable, match="cannot use"):
            check(unusable)
        with pytest.raises(ScratchUnusable), scratch_folder(unusable):
            pytest.fail("there is no such folder")

    assert [path.name for path in tmp_path.iterdir()] == ["file"]


def test_a_file_is_kept_as_long_as_it_is_as_it_was_written(tmp_path: Path) -> None:
    file = tmp_path / "source"
    file.write_bytes(b"footage")
    check_kept(file, 7)

    with pytest.raises(ScratchUnusable, match="did not keep"):
        check_kept(file, 8)
    file.unlink()
    with pytest.raises(ScratchUnusable):
        check_kept(file, 7)


def test_a_connection_that_breaks_is_not_the_disks_fault(tmp_path: Path) -> None:
    with pytest.raises(Unavailable) as raised, usable(tmp_path):
        raise ConnectionResetError

    assert not isinstance(raised.value, ScratchUnusable)


def test_a_scratch_folder_that_is_lost_does_not_undo_what_was_done(tmp_path: Path) -> None:
    with scratch_folder(tmp_path) as folder:
        folder.rmdir()
