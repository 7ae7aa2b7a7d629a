"""Synthesise the stacks of one environment: `python -m infra.app`, which `cdk.json` names to the CDK's command line.

The environment is the context value `env`: `cdk synth -c env=prod`; `dev` where none is given.
"""

import sys

from infra.environments import DEV, ENVIRONMENTS
from infra.node import use_bundled_node
from infra.packaging import PackagingError, bundles


def main() -> int:
    """Build the application and write the cloud assembly; returns the exit status."""
    use_bundled_node()
    # The CDK starts its JavaScript half when it is imported, so not before a node was chosen.
    from infra.build import build, new_app  # noqa: PLC0415

    app = new_app()
    wanted = app.node.try_get_context("env") or DEV.name
    environment = ENVIRONMENTS.get(wanted)
    if environment is None:
        sys.stderr.write(f"There is no environment {wanted!r}; choose one of {', '.join(ENVIRONMENTS)}.\n")
        return 2
    try:
        code = bundles(environment.layer_target)
    except PackagingError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    build(app, environment, code)
    app.synth()
    return 0


if __name__ == "__main__":
    sys.exit(main())
