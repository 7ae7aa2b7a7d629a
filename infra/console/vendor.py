"""The libraries that the console serves: copied from npm's packages, so that no page asks a third party for anything.

`console/vendor/vendor.json` says of each package its version, its licence, npm's integrity of its archive as the lock
has it, and the SHA-384 of each file that was copied.
"""

import base64
import hashlib
import json
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from infra.console.npm import CONSOLE, LOCK, MODULES, install

VENDOR: Final = CONSOLE / "vendor"
MANIFEST: Final = VENDOR / "vendor.json"

FILES: Final[Mapping[str, tuple[str, ...]]] = {
    "preact": ("dist/preact.mjs", "hooks/dist/hooks.mjs", "LICENSE"),
    "htm": ("dist/htm.module.js", "LICENSE"),
    "swagger-ui-dist": (
        "swagger-ui-bundle.js",
        "swagger-ui-bundle.js.LICENSE.txt",
        "swagger-ui.css",
        "LICENSE",
        "NOTICE",
    ),
    "maplibre-gl": (
        "dist/maplibre-gl.mjs",
        # The first file looks for its worker beside itself, by this name.
        "dist/maplibre-gl-worker.mjs",
        "dist/maplibre-gl.css",
        "LICENSE.txt",
    ),
    "topojson-client": ("src/feature.js", "src/reverse.js", "src/transform.js", "src/identity.js", "LICENSE"),
    "world-atlas": ("countries-110m.json", "LICENSE"),
    # As a script, which has half the size of the module.
    "uplot": ("dist/uPlot.iife.min.js", "dist/uPlot.min.css", "LICENSE"),
}
"""By package, what the console needs of it."""


def vendor() -> None:
    """Copy the files anew and write down what they are.

    Raises:
        infra.console.npm.NpmError: the packages could not be installed.
    """
    packages = install()
    shutil.rmtree(VENDOR, ignore_errors=True)
    for package, files in FILES.items():
        for file in files:
            target = VENDOR / package / file
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(packages / package / file, target)
    MANIFEST.write_text(json.dumps(_manifest(), indent=2) + "\n", encoding="utf-8")


def faults() -> list[str]:
    """What is wrong with the copies, in words: a file that is missing, too many, or not the one that was copied."""
    if not MANIFEST.exists():
        return [f"{MANIFEST} is missing"]
    written = json.loads(MANIFEST.read_text(encoding="utf-8"))
    locked = json.loads(LOCK.read_text(encoding="utf-8"))["packages"]
    found = []
    listed = {MANIFEST}
    for package, entry in written.items():
        pinned = locked.get(f"node_modules/{package}", {})
        if (entry["version"], entry["integrity"]) != (pinned.get("version"), pinned.get("integrity")):
            found.append(f"{package} is not the version that package-lock.json pins")
        for file, integrity in entry["files"].items():
            path = VENDOR / package / file
            listed.add(path)
            if not path.is_file() or _integrity(path) != integrity:
                found.append(f"{path.relative_to(CONSOLE)} is not the file of {package} {entry['version']}")
    if set(written) != set(FILES):
        found.append("vendor.json lists other packages than infra.console.vendor")
    found += [
        f"{path.relative_to(CONSOLE)} is of no package"
        for path in VENDOR.rglob("*")
        if path.is_file() and path not in listed
    ]
    return found


def _manifest() -> dict[str, Any]:
    locked = json.loads(LOCK.read_text(encoding="utf-8"))["packages"]
    made = {}
    for package, files in FILES.items():
        pinned = locked[f"node_modules/{package}"]
        described = json.loads((MODULES / package / "package.json").read_text(encoding="utf-8"))
        made[package] = {
            "version": pinned["version"],
            "license": described["license"],
            "integrity": pinned["integrity"],
            "files": {file: _integrity(VENDOR / package / file) for file in files},
        }
    return made


def _integrity(path: Path) -> str:
    return "sha384-" + base64.b64encode(hashlib.sha384(path.read_bytes()).digest()).decode()
