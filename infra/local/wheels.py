"""Programs from wheels, each set in a virtual environment of its own, as its lock pins it by hash."""

import hashlib
import subprocess
import sys
import venv
from functools import partial
from pathlib import Path
from typing import Final

from infra.cache import made_once
from infra.packaging import CACHE

_INSTALL_TIMEOUT_S: Final = 600


class WheelError(RuntimeError):
    """What a lock names could not be installed; the text is what pip said."""


def environment(name: str, lock: Path, cache: Path = CACHE) -> Path:
    """Make a lock's virtual environment where the cache does not have it yet, and return its folder.

    Raises:
        WheelError: pip failed.
    """
    digest = hashlib.sha256(lock.read_bytes() + sys.version.encode()).hexdigest()[:16]
    return made_once(cache / f"{name}-{digest}", partial(_make, lock))


def _make(lock: Path, home: Path) -> None:
    venv.create(home, with_pip=True, symlinks=True)
    installed = subprocess.run(  # noqa: S603 - the pip just made
        [
            *(str(home / "bin" / "python"), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"),
            *("--require-hashes", "--no-deps", "--only-binary=:all:", f"--requirement={lock}"),
        ],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=_INSTALL_TIMEOUT_S,
        check=False,
    )
    if installed.returncode != 0:
        raise WheelError(f"pip could not install what {lock.name} names:\n{installed.stderr.strip()}")
