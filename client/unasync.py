"""Makes the synchronous client of the asynchronous one, so that the two cannot differ; `--check` only compares."""

import re
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Final

_PACKAGE: Final = Path(__file__).parent / "anpr_client"
_BY_HAND: Final = frozenset({"pausing.py"})
_WORDS: Final = (
    (r"\basync (def|with|for)\b", r"\1"),
    (r"\bawait ", ""),
    (r"\bAsync(?=[A-Z])", ""),
    (r"\basynccontextmanager\b", "contextmanager"),
    (r"\b__a(enter|exit)__\b", r"__\1__"),
    (r"\ba(close|read|iter_bytes)\b", r"\1"),
    (r"\b_async\b", "_sync"),
    (r"The asynchronous client; .*?\.\"\"\"", 'The synchronous client, made of the asynchronous one."""'),
)


def synchronous(source: str) -> str:
    """Turn a module of the asynchronous client into the synchronous one's, not yet formatted."""
    for pattern, replacement in _WORDS:
        source = re.sub(pattern, replacement, source)
    return source


def write(target: Path) -> None:
    """Write the synchronous client's modules into a folder."""
    for module in sorted((_PACKAGE / "_async").glob("*.py")):
        if module.name not in _BY_HAND:
            (target / module.name).write_text(synchronous(module.read_text()))
    ruff = [sys.executable, "-m", "ruff"]
    quiet = ["--quiet", "--config", str(_PACKAGE.parents[1] / "pyproject.toml"), str(target)]
    subprocess.run([*ruff, "check", "--select", "I", "--fix", *quiet], check=True)  # noqa: S603
    subprocess.run([*ruff, "format", *quiet], check=True)  # noqa: S603


def differing() -> list[str]:
    """Names of the modules that are not as they would be made."""
    with tempfile.TemporaryDirectory() as folder:
        write(Path(folder))
        return [
            made.name
            for made in sorted(Path(folder).glob("*.py"))
            if not (there := _PACKAGE / "_sync" / made.name).exists() or there.read_text() != made.read_text()
        ]


if __name__ == "__main__":
    if "--check" not in sys.argv[1:]:
        write(_PACKAGE / "_sync")
    elif stale := differing():
        sys.exit(f"stale: {', '.join(stale)}; run python client/unasync.py")
