"""Things that take long to make and are made once: layers, environments, assemblies, clips."""

import fcntl
import shutil
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Final

_UNUSED_AFTER_S: Final = 24 * 3600


def made_once(target: Path, make: Callable[[Path], None]) -> Path:
    """Find a file or a folder in the cache, or make it.

    Others that want the same meanwhile wait and find it. It is renamed into its place when it is done, so that an
    interrupted run leaves no half of it there.

    Args:
        target: where it belongs; named by what it is made of.
        make: makes it at the path that it is given.

    Returns:
        `target`.
    """
    if not target.exists():
        target.parent.mkdir(parents=True, exist_ok=True)
        with (target.parent / f".{target.name}.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if not target.exists():
                with tempfile.TemporaryDirectory(dir=target.parent, prefix=".making-") as scratch:
                    unfinished = Path(scratch) / target.name
                    make(unfinished)
                    unfinished.rename(target)
    return target


def forget_others(target: Path, pattern: str) -> None:
    """Remove what stands beside `target`, matches a pattern and has not been made within a day."""
    for other in target.parent.glob(pattern):
        if other != target and time.time() - other.lstat().st_mtime > _UNUSED_AFTER_S:
            if other.is_dir():
                shutil.rmtree(other, ignore_errors=True)
            else:
                other.unlink(missing_ok=True)
