"""Folders for files while they are read, which a killed worker leaves behind and the next one clears away."""

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from anpr.errors import Unavailable
from gpu_worker.service.logs import logger

SPARE_BYTES: Final = 256 * 1024**2
"""Left free on the disk, for logs and whatever else runs on the machine."""

_PREFIX: Final = "anpr-job-"


class ScratchUnusable(Unavailable):
    """The worker's own disk fails it: no job can be done here until that is mended."""


@contextmanager
def usable(parent: Path) -> Iterator[None]:
    """Tell errors of the disk below `parent` apart from those of the file that is read.

    Raises:
        ScratchUnusable: the system refused something within the block.
        Unavailable: a connection broke off, which the system tells in the same way.
    """
    try:
        yield
    except (ConnectionError, TimeoutError) as error:
        raise Unavailable("The connection to the storage broke off.") from error
    except OSError as error:
        raise ScratchUnusable(f"The worker cannot use its folder {parent}: {error.strerror or error}.") from error


@contextmanager
def scratch_folder(parent: Path) -> Iterator[Path]:
    """Make a folder that bears this process's id in its name, and remove it at the end.

    Raises:
        ScratchUnusable: it cannot be made.
    """
    with usable(parent):
        folder = tempfile.TemporaryDirectory(prefix=f"{_PREFIX}{os.getpid()}-", dir=parent, ignore_cleanup_errors=True)
    with folder as path:
        yield Path(path)


def check_kept(file: Path, size_bytes: int) -> None:
    """Tell a file that is bad from one that the disk did not keep.

    Raises:
        ScratchUnusable: it is not there any more as it was written, or nothing can be written beside it.
    """
    with usable(file.parent):
        kept = file.stat().st_size
    if kept != size_bytes:
        raise ScratchUnusable(f"The worker's folder {file.parent} did not keep the file.")
    check(file.parent)


def check(parent: Path) -> None:
    """Raise `ScratchUnusable` unless a small file can be written, with room to spare."""
    with scratch_folder(parent) as folder, usable(parent):
        (folder / "probe").write_bytes(bytes(4096))
        free = shutil.disk_usage(folder).free
    if free < SPARE_BYTES:
        raise ScratchUnusable(f"The worker's folder {parent} has {free} bytes free; {SPARE_BYTES} are kept free.")


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
