"""Services of workers: how many each has is the scaling's to say, never a deployment's."""

from typing import Final

from aws_cdk import aws_ec2, aws_ecs
from constructs import Construct

from infra.components.worker_task import WorkerTask
from infra.stacks.network import NetworkStack

# While it is brought up to date, a service has fewer workers rather than more: a new one takes the place of an old one
# that has finished its job, and no second fleet of machines is ordered for a few minutes.
_LEAST_PERCENT: Final = 0
_MOST_PERCENT: Final = 100


def worker_service(
    scope: Construct, id_: str, *, task: WorkerTask, provider: str, network: NetworkStack
) -> aws_ecs.BaseService:
    """Make a service on one kind of capacity. It has no desired count: one that exists keeps what it has.

    A new one begins with a single worker, which is ECS's choice, and shows at the first deployment that workers start.

    Args:
        scope: parent construct.
        id_: the service's name below the parent.
        task: what runs.
        provider: name of the capacity provider.
        network: where it runs.
    """
    strategy = [aws_ecs.CapacityProviderStrategy(capacity_provider=provider, weight=1)]
    # One that keeps failing to start is given up, and the version before it goes on.
    breaker = aws_ecs.DeploymentCircuitBreaker(enable=True, rollback=True)
    if isinstance(task.definition, aws_ecs.FargateTaskDefinition):
        return aws_ecs.FargateService(
            scope,
            id_,
            cluster=task.cluster,
            task_definition=task.definition,
            capacity_provider_strategies=strategy,
            circuit_breaker=breaker,
            availability_zone_rebalancing=aws_ecs.AvailabilityZoneRebalancing.DISABLED,
            # There is no NAT gateway: this is the way out. Nothing leads in.
            assign_public_ip=True,
            vpc_subnets=aws_ec2.SubnetSelection(subnet_type=aws_ec2.SubnetType.PUBLIC),
            security_groups=[network.database_clients],
            min_healthy_percent=_LEAST_PERCENT,
            max_healthy_percent=_MOST_PERCENT,
        )
    return aws_ecs.Ec2Service(
        scope,
        id_,
        cluster=task.cluster,
        task_definition=task.definition,
        capacity_provider_strategies=strategy,
        circuit_breaker=breaker,
        availability_zone_rebalancing=aws_ecs.AvailabilityZoneRebalancing.DISABLED,
        min_healthy_percent=_LEAST_PERCENT,
        max_healthy_percent=_MOST_PERCENT,
    )
