"""What a worker is to ECS: its container, what that may use of the machine, and what it may do on AWS."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal, cast

from aws_cdk import CfnElement, Duration, RemovalPolicy, Stack, aws_ecr_assets, aws_ecs, aws_iam, aws_logs
from constructs import Construct

from infra.acknowledgements import acknowledge
from infra.components.backend_function import LOG_RETENTION
from infra.components.worker_container import fargate_definition, health_check, linux_parameters, mount_scratch
from infra.environments import Environment
from infra.worker_sizes import CPUS, FARGATE_DISK_GIB, GPU_MEMORY_MIB

_STOP_S: Final = 60
"""The worker gives its job back within 8 seconds of the signal, and has the time-outs of that to wait for at worst."""


@dataclass(frozen=True, slots=True)
class WorkerNeeds:
    """What a worker needs of the rest.

    Attributes:
        cluster: where it runs.
        image: its container image.
        policy: what it may do.
        variables: the settings that it needs.
    """

    cluster: aws_ecs.Cluster
    image: aws_ecr_assets.DockerImageAsset
    policy: aws_iam.IManagedPolicy
    variables: Mapping[str, str]


class WorkerTask(Construct):
    """A task definition with one container, which can write to one folder.

    Attributes:
        cluster: where it runs.
        definition: for Fargate, or for machines with a GPU.
        role: what the worker acts as.
        log: what it says.
    """

    def __init__(self, scope: Construct, id_: str, *, needs: WorkerNeeds, environment: Environment) -> None:
        super().__init__(scope, id_)
        self.cluster = needs.cluster
        self.log = aws_logs.LogGroup(
            self, "Log", retention=LOG_RETENTION[environment.log_days], removal_policy=RemovalPolicy.DESTROY
        )
        self.role = self._role(needs)
        self.definition = self._definition(environment.worker)
        container = self.definition.add_container(
            "Worker",
            container_name="worker",
            image=aws_ecs.ContainerImage.from_docker_image_asset(needs.image),
            gpu_count=1 if environment.worker == "gpu" else None,
            memory_limit_mib=GPU_MEMORY_MIB if environment.worker == "gpu" else None,
            environment={
                **needs.variables,
                # Fargate says it by itself; a machine's container could not ask for it.
                "AWS_DEFAULT_REGION": Stack.of(self).region,
                "ANPR_VISION_THREADS": str(CPUS),
                "ANPR_WORKER_METRICS": "true",
                "ANPR_WORKER_TRACING": str(environment.tracing).lower(),
                "POWERTOOLS_SERVICE_NAME": "worker",
                "POWERTOOLS_METRICS_NAMESPACE": "anpr",
            },
            logging=aws_ecs.LogDrivers.aws_logs(stream_prefix="worker", log_group=self.log),
            linux_parameters=linux_parameters(self),
            # What gives a container its GPU writes the list of the driver's libraries into its files as it starts. The
            # worker cannot: it is nobody in particular, and the files are root's.
            readonly_root_filesystem=environment.worker == "cpu",
            stop_timeout=Duration.seconds(_STOP_S),
            health_check=health_check(),
        )
        mount_scratch(self.definition, container)
        acknowledge(self.definition, "ECS2", "Names and addresses only; there is no secret among the variables.")
        if self.definition.execution_role is not None:
            acknowledge(
                self.definition.execution_role, "IAM5[Resource::*]", "ECR's GetAuthorizationToken knows no resource."
            )

    def _definition(self, kind: Literal["gpu", "cpu"]) -> aws_ecs.TaskDefinition:
        if kind == "gpu":
            return aws_ecs.Ec2TaskDefinition(
                self,
                "Definition",
                task_role=self.role,
                # A task with a network interface of its own gets no public address on EC2, and so no way out.
                network_mode=aws_ecs.NetworkMode.BRIDGE,
            )
        return fargate_definition(self, self.role, disk_gib=FARGATE_DISK_GIB)

    def _role(self, needs: WorkerNeeds) -> aws_iam.Role:
        role = aws_iam.Role(
            self,
            "Role",
            assumed_by=aws_iam.ServicePrincipal("ecs-tasks.amazonaws.com"),
            managed_policies=[needs.policy],
        )
        role.add_to_policy(
            aws_iam.PolicyStatement(
                actions=["ecs:GetTaskProtection", "ecs:UpdateTaskProtection"],
                resources=[needs.cluster.arn_for_tasks("*")],
                conditions={"ArnEquals": {"ecs:cluster": needs.cluster.cluster_arn}},
            )
        )
        cluster = Stack.of(self).get_logical_id(cast("CfnElement", needs.cluster.node.default_child))
        acknowledge(
            role,
            f"IAM5[Resource::arn:<AWS::Partition>:ecs:<AWS::Region>:<AWS::AccountId>:task/<{cluster}>/*]",
            "A task's name is made as it starts; the cluster is the limit.",
        )
        return role
