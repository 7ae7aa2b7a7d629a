"""Synthesising the core stack for the emulator, once for each state of what goes into it."""

import hashlib
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from infra.cache import forget_others, made_once
from infra.environments import LOCAL
from infra.packaging import CACHE, LAYER_LOCK, ROOT

_TIMEOUT_S: Final = 600
_HERE: Final = Path(__file__).resolve().parent


class SynthesisError(RuntimeError):
    """The CDK application failed; the text is what it said."""


def synthesise(cache: Path = CACHE) -> Path:
    """Make the local environment's cloud assembly, or find the one made of the same files before.

    Returns:
        The assembly's folder.

    Raises:
        SynthesisError: the application failed.
    """
    made = cache / "assemblies" / fingerprint()
    made_once(made, _synthesise)
    forget_others(made, "[0-9a-f]*")
    return made


def _synthesise(out: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "infra.app"],
        cwd=ROOT,
        env=os.environ | {"CDK_OUTDIR": str(out), "CDK_CONTEXT_JSON": f'{{"env": "{LOCAL.name}"}}'},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=_TIMEOUT_S,
        check=False,
    )
    if done.returncode != 0:
        raise SynthesisError(f"The CDK application failed:\n{done.stdout.strip()}\n{done.stderr.strip()}")


def fingerprint() -> str:
    """Hash of every file that the assembly is made of."""
    digest = hashlib.sha256()
    for path in sorted(_inputs()):
        digest.update(str(path.relative_to(ROOT)).encode() + b"\0")
        digest.update(hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()[:24]


def _inputs() -> Iterator[Path]:
    yield from (ROOT / "cdk.json", LAYER_LOCK, ROOT / "requirements.lock")
    for folder in ("layers/core", "functions", "console", "infra"):
        for path in (ROOT / folder).rglob("*"):
            # This package only uses the assembly; caches of tools are no part of the code.
            parts = path.relative_to(ROOT).parts
            litter = any(part in {"__pycache__", "node_modules"} or part.startswith(".") for part in parts)
            if path.is_file() and not litter and not path.is_relative_to(_HERE):
                yield path
