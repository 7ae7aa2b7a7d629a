"""What every container of the worker's image is run with, whatever it does."""

from typing import Final

from aws_cdk import Duration, aws_ecs, aws_iam
from constructs import Construct

from infra.worker_sizes import CPUS, FARGATE_MEMORY_MIB

SCRATCH: Final = "/var/lib/anpr"
"""The one folder that is written to, as the Dockerfile has it."""

HEALTH_CHECK: Final = f"find {SCRATCH}/alive -mmin -2 | grep -q ."
"""The Dockerfile's, which ECS does not read."""


def fargate_definition(
    scope: Construct, role: aws_iam.IRole, *, disk_gib: int | None = None
) -> aws_ecs.FargateTaskDefinition:
    """Make a definition for plain processors, which acts as `role`, with `disk_gib` of disk if not Fargate's own 20."""
    return aws_ecs.FargateTaskDefinition(
        scope,
        "Definition",
        task_role=role,
        cpu=1024 * CPUS,
        memory_limit_mib=FARGATE_MEMORY_MIB,
        ephemeral_storage_gib=disk_gib,
        runtime_platform=aws_ecs.RuntimePlatform(
            cpu_architecture=aws_ecs.CpuArchitecture.X86_64,
            operating_system_family=aws_ecs.OperatingSystemFamily.LINUX,
        ),
    )


def linux_parameters(scope: Construct) -> aws_ecs.LinuxParameters:
    """An init process and no capabilities. The program is no init: what a decoder leaves behind is collected by one."""
    parameters = aws_ecs.LinuxParameters(scope, "Linux", init_process_enabled=True)
    parameters.drop_capabilities(aws_ecs.Capability.ALL)
    return parameters


def health_check() -> aws_ecs.HealthCheck:
    """Whether the program has shown life within two minutes."""
    return aws_ecs.HealthCheck(
        command=["CMD-SHELL", HEALTH_CHECK],
        interval=Duration.seconds(30),
        timeout=Duration.seconds(5),
        start_period=Duration.seconds(300),
        retries=3,
    )


def mount_scratch(definition: aws_ecs.TaskDefinition, container: aws_ecs.ContainerDefinition) -> None:
    """Give a container the one folder that it writes to."""
    definition.add_volume(name="scratch")
    container.add_mount_points(aws_ecs.MountPoint(container_path=SCRATCH, read_only=False, source_volume="scratch"))
