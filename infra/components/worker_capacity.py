"""Machines with a GPU for workers: a group that grows from none with the tasks that are to run, and shrinks to none."""

from typing import Final

from aws_cdk import Tags, aws_autoscaling, aws_ec2, aws_ecs, aws_iam
from constructs import Construct

from infra.acknowledgements import acknowledge
from infra.environments import Environment
from infra.stacks.network import NetworkStack
from infra.worker_sizes import DISK_GIB, DISK_MIB_PER_S

_WARM_UP_S: Final = 120


class GpuCapacity(Construct):
    """An Auto Scaling group of GPU machines and the capacity provider through which ECS orders them.

    Attributes:
        provider: the capacity provider, of the cluster already.
        group: the group.
    """

    def __init__(
        self,
        scope: Construct,
        id_: str,
        *,
        cluster: aws_ecs.Cluster,
        network: NetworkStack,
        environment: Environment,
        spot: bool,
    ) -> None:
        """Make the group.

        Args:
            scope: parent construct.
            id_: its name below the parent.
            cluster: what the machines belong to.
            network: where they are.
            environment: which types, and how many.
            spot: whether they are bought as what is left over, for a third to a half of the price, and can be taken
                away at two minutes' notice.
        """
        super().__init__(scope, id_)
        most = environment.scaling.most if spot else environment.scaling.most_fallback
        template = self._template(network, spot=spot)
        types = [
            aws_autoscaling.LaunchTemplateOverrides(instance_type=aws_ec2.InstanceType(name))
            for name in environment.worker_instances
        ]
        self.group = aws_autoscaling.AutoScalingGroup(
            self,
            "Group",
            vpc=network.vpc,
            vpc_subnets=aws_ec2.SubnetSelection(subnet_type=aws_ec2.SubnetType.PUBLIC),
            mixed_instances_policy=aws_autoscaling.MixedInstancesPolicy(
                launch_template=template,
                launch_template_overrides=types,
                instances_distribution=aws_autoscaling.InstancesDistribution(
                    on_demand_percentage_above_base_capacity=0 if spot else 100,
                    # Where several types can be had, the one that is least likely to be taken away at a low price; on
                    # demand, the first in the list that can be had.
                    spot_allocation_strategy=aws_autoscaling.SpotAllocationStrategy.PRICE_CAPACITY_OPTIMIZED,
                    on_demand_allocation_strategy=aws_autoscaling.OnDemandAllocationStrategy.PRIORITIZED,
                ),
            ),
            min_capacity=0,
            max_capacity=most,
            new_instances_protected_from_scale_in=True,
        )
        acknowledge(self.group, "EC26", "The template encrypts every volume; the rule cannot look into a template.")
        acknowledge(self.group, "AS3", "Machines come and go with each day's work; the alarms watch the work itself.")
        self.provider = aws_ecs.AsgCapacityProvider(
            self,
            "Provider",
            auto_scaling_group=self.group,
            # ECS ends only machines on which nothing runs any more.
            enable_managed_scaling=True,
            enable_managed_termination_protection=True,
            target_capacity_percent=100,
            maximum_scaling_step_size=most,
            instance_warmup_period=_WARM_UP_S,
        )
        cluster.add_asg_capacity_provider(self.provider)

    def _template(self, network: NetworkStack, *, spot: bool) -> aws_ec2.LaunchTemplate:
        role = aws_iam.Role(self, "Role", assumed_by=aws_iam.ServicePrincipal("ec2.amazonaws.com"))
        acknowledge(role, "IAM5[Resource::*]", "What an ECS agent asks of ECS and ECR knows no narrower resource.")
        acknowledge(role, "IAM5[Action::ecs:Submit*]", "What an agent tells of its tasks, of this cluster's alone.")
        start = aws_ec2.UserData.for_linux()
        # What spares a second of pulling on a machine that has the image; and what hands jobs back at the notice.
        start.add_commands("echo ECS_IMAGE_PULL_BEHAVIOR=prefer-cached >> /etc/ecs/ecs.config")
        if spot:
            start.add_commands("echo ECS_ENABLE_SPOT_INSTANCE_DRAINING=true >> /etc/ecs/ecs.config")
        template = aws_ec2.LaunchTemplate(
            self,
            "Template",
            machine_image=aws_ecs.EcsOptimizedImage.amazon_linux2023(aws_ecs.AmiHardwareType.GPU),
            role=role,
            user_data=start,
            security_group=network.database_clients,
            # There is no NAT gateway: this is the way out. Nothing leads in.
            associate_public_ip_address=True,
            block_devices=[
                aws_ec2.BlockDevice(
                    device_name="/dev/xvda",
                    volume=aws_ec2.BlockDeviceVolume.ebs(
                        DISK_GIB,
                        volume_type=aws_ec2.EbsDeviceVolumeType.GP3,
                        throughput=DISK_MIB_PER_S,
                        encrypted=True,
                        delete_on_termination=True,
                    ),
                )
            ],
            require_imdsv2=True,
            # A container is a hop away, so it gets no answer and has its task's rights alone.
            http_put_response_hop_limit=1,
        )
        Tags.of(template).add("Name", "anpr-worker")
        return template
