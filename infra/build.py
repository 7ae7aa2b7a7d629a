"""The CDK application as a value, so that the command line, the tests and the one-machine run make the same one."""

import json

import aws_cdk as cdk
from cdk_nag import AwsSolutionsChecks

from infra.environments import Environment
from infra.packaging import ROOT, Bundles
from infra.stacks.core import CoreStack


def new_app(*, outdir: str | None = None) -> cdk.App:
    """Make an application with the feature flags of `cdk.json`, which only the CDK's command line reads by itself.

    Args:
        outdir: where the cloud assembly goes; the command line's choice where none is given.
    """
    return cdk.App(context=json.loads((ROOT / "cdk.json").read_text())["context"], outdir=outdir)


def build(app: cdk.App, environment: Environment, bundles: Bundles) -> CoreStack:
    """Add an environment's stacks to an application, and the security rules that they are checked against.

    Args:
        app: the application.
        environment: which deployment.
        bundles: the functions' code.

    Returns:
        The core stack.
    """
    core = CoreStack(app, stack_name(environment), environment=environment, bundles=bundles)
    cdk.Validations.of(app).add_plugins(AwsSolutionsChecks(app))
    return core


def stack_name(environment: Environment) -> str:
    """Name of an environment's core stack."""
    return f"anpr-{environment.name}-core"
