"""A folder for a run that keeps nothing."""

import re
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from os import getpid
from pathlib import Path
from typing import Final

from infra.local.process import alive

_MEMORY: Final = Path("/dev/shm")  # noqa: S108 - each run makes a folder of its own there
_ROOM: Final = 4 * 1024**3
_PREFIX: Final = "anpr-scratch-"


@contextmanager
def scratch() -> Iterator[Path]:
    """Make a folder that is gone after the block.

    It is in memory where there is plenty: each function of the emulator unpacks thousands of files, which take a disk
    ten times as long to write and to remove. What an earlier run left there because it was killed is removed first.

    Yields:
        The folder; any user may enter it, as the one that runs PostgreSQL for root must.
    """
    base = _MEMORY if _roomy(_MEMORY) else Path(tempfile.gettempdir())
    for left in base.glob(f"{_PREFIX}*"):
        owner = re.match(rf"{_PREFIX}(\d+)-", left.name)
        if owner and not alive(int(owner[1])):
            shutil.rmtree(left, ignore_errors=True)
    with tempfile.TemporaryDirectory(prefix=f"{_PREFIX}{getpid()}-", dir=base, ignore_cleanup_errors=True) as folder:
        Path(folder).chmod(0o755)
        yield Path(folder)


def _roomy(folder: Path) -> bool:
    with suppress(OSError):
        return shutil.disk_usage(folder).free >= _ROOM
    return False
