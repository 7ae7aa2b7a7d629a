"""The service that reads cameras' live streams: the worker's image on plain processors, on demand, all day."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, cast

from aws_cdk import Duration, RemovalPolicy, Stack, aws_ec2, aws_ecs, aws_iam, aws_logs
from constructs import Construct

from infra.acknowledgements import acknowledge
from infra.components.backend_function import LOG_RETENTION
from infra.components.worker_container import fargate_definition, health_check, linux_parameters, mount_scratch
from infra.components.worker_image import worker_image
from infra.environments import Environment
from infra.stacks.network import NetworkStack
from infra.worker_sizes import CPUS

_STOP_S: Final = 60
"""It books what is in sight within 15 seconds of the signal, and lets go of its cameras."""


@dataclass(frozen=True, slots=True)
class StreamNeeds:
    """What the service needs of the rest.

    Attributes:
        cluster: where it runs.
        policies: what it may do.
        variables: the settings that it needs.
        network: its subnets, and the way to the database.
    """

    cluster: aws_ecs.Cluster
    policies: tuple[aws_iam.IManagedPolicy, ...]
    variables: Mapping[str, str]
    network: NetworkStack


class StreamService(Construct):
    """As many tasks as the environment says, which share the cameras by leases in the database.

    Attributes:
        service: on Fargate. On demand: a camera cannot wait for capacity.
        role: what a task acts as.
    """

    def __init__(self, scope: Construct, id_: str, *, needs: StreamNeeds, environment: Environment) -> None:
        super().__init__(scope, id_)
        self.role = aws_iam.Role(
            self,
            "Role",
            assumed_by=aws_iam.ServicePrincipal("ecs-tasks.amazonaws.com"),
            managed_policies=list(needs.policies),
        )
        self.service = aws_ecs.FargateService(
            self,
            "Service",
            cluster=needs.cluster,
            task_definition=self._definition(needs, environment),
            desired_count=environment.stream_tasks,
            circuit_breaker=aws_ecs.DeploymentCircuitBreaker(enable=True, rollback=True),
            # The way out, as of the workers. Nothing leads in.
            assign_public_ip=True,
            vpc_subnets=aws_ec2.SubnetSelection(subnet_type=aws_ec2.SubnetType.PUBLIC),
            security_groups=[needs.network.database_clients],
            # One that goes lets go of its cameras as the new one comes, so a camera is unread for seconds.
            min_healthy_percent=100,
            max_healthy_percent=200,
        )

    def _definition(self, needs: StreamNeeds, environment: Environment) -> aws_ecs.FargateTaskDefinition:
        definition = fargate_definition(self, self.role)
        log = aws_logs.LogGroup(
            self, "Log", retention=LOG_RETENTION[environment.log_days], removal_policy=RemovalPolicy.DESTROY
        )
        container = definition.add_container(
            "Stream",
            container_name="stream",
            image=aws_ecs.ContainerImage.from_docker_image_asset(worker_image(self, "Image", kind="cpu")),
            command=["stream"],
            environment={
                **needs.variables,
                "AWS_DEFAULT_REGION": Stack.of(self).region,
                "ANPR_STREAM_ALLOW_NETWORKS": json.dumps(environment.stream_networks),
                "ANPR_STREAM_MAX_CAMERAS": str(environment.stream_cameras),
                "ANPR_VISION_THREADS": str(CPUS),
                "POWERTOOLS_SERVICE_NAME": "stream",
            },
            logging=aws_ecs.LogDrivers.aws_logs(stream_prefix="stream", log_group=log),
            linux_parameters=linux_parameters(self),
            readonly_root_filesystem=True,
            stop_timeout=Duration.seconds(_STOP_S),
            health_check=health_check(),
        )
        mount_scratch(definition, container)
        acknowledge(definition, "ECS2", "Names and addresses only; there is no secret among the variables.")
        execution = cast("aws_iam.IRole", definition.execution_role)
        acknowledge(execution, "IAM5[Resource::*]", "ECR's GetAuthorizationToken knows no resource.")
        return definition
