"""Folders for files while they are read, which a killed worker leaves behind and the next one clears away."""

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from gpu_worker.logs import logger

_PREFIX: Final = "anpr-job-"


@contextmanager
def scratch_folder(parent: Path) -> Iterator[Path]:
    """Make a folder that bears this process's id in its name, and remove it at the end."""
    with tempfile.TemporaryDirectory(prefix=f"{_PREFIX}{os.getpid()}-", dir=parent) as folder:
        yield Path(folder)


def clear_leftovers(parent: Path) -> None:
    """Remove the folders of processes that are no more."""
    for folder in parent.glob(f"{_PREFIX}*"):
        pid = folder.name.removeprefix(_PREFIX).split("-")[0]
        if pid.isdecimal() and not _is_alive(int(pid)):
            logger.info("removing what a killed worker left", folder=str(folder))
            shutil.rmtree(folder, ignore_errors=True)


def _is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
