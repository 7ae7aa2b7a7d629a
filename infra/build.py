"""The CDK application as a value, so that the command line, the tests and the one-machine run make the same one."""

import json
from dataclasses import dataclass

import aws_cdk as cdk
from cdk_nag import AwsSolutionsChecks

from infra.environments import Environment
from infra.monitoring.measures import Measures
from infra.packaging import ROOT, Bundles
from infra.stacks.core import CoreStack
from infra.stacks.database import DatabaseStack
from infra.stacks.monitoring import MonitoringStack
from infra.stacks.network import NetworkStack
from infra.stacks.worker import WorkerStack


@dataclass(frozen=True, slots=True)
class Stacks:
    """One environment's stacks. All but the core are on AWS alone: the one-machine run brings its own instead.

    Attributes:
        core: storage, queues, bus, functions, API.
        network: where the functions, the workers and the database are.
        database: the cluster.
        worker: what reads the footage.
        monitoring: alarms and the dashboard.
    """

    core: CoreStack
    network: NetworkStack | None = None
    database: DatabaseStack | None = None
    worker: WorkerStack | None = None
    monitoring: MonitoringStack | None = None


def new_app(*, outdir: str | None = None) -> cdk.App:
    """Make an application with the feature flags of `cdk.json`, which only the CDK's command line reads by itself.

    Args:
        outdir: where the cloud assembly goes; the command line's choice where none is given.
    """
    return cdk.App(context=json.loads((ROOT / "cdk.json").read_text())["context"], outdir=outdir)


def build(app: cdk.App, environment: Environment, bundles: Bundles) -> Stacks:
    """Add an environment's stacks to an application, and the security rules that they are checked against.

    Args:
        app: the application.
        environment: which deployment.
        bundles: the functions' code.

    Returns:
        The stacks.
    """
    made = _stacks(app, environment, bundles)
    # Last: the rules see nothing that is added after them.
    cdk.Validations.of(app).add_plugins(AwsSolutionsChecks(app))
    return made


def _stacks(app: cdk.App, environment: Environment, bundles: Bundles) -> Stacks:
    if environment.emulated:
        return Stacks(CoreStack(app, stack_name(environment), environment=environment, bundles=bundles))
    network = NetworkStack(app, stack_name(environment, "network"), environment=environment)
    database = DatabaseStack(app, stack_name(environment, "database"), environment=environment, network=network)
    core = CoreStack(app, stack_name(environment), environment=environment, bundles=bundles, database=database)
    worker = WorkerStack(app, stack_name(environment, "worker"), environment=environment, network=network, core=core)
    measures = Measures(core=core, database=database, workers=(worker.spot, worker.fallback))
    monitoring = MonitoringStack(app, stack_name(environment, "monitoring"), environment=environment, measures=measures)
    return Stacks(core, network, database, worker, monitoring)


def stack_name(environment: Environment, part: str = "core") -> str:
    """Name of one of an environment's stacks; of its core where nothing else is said."""
    return f"anpr-{environment.name}-{part}"
