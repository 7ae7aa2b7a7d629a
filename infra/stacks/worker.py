"""The worker stack: what has the models. Of workers there are as many as there is work for, and none without any."""

from aws_cdk import CfnOutput, Stack, aws_ecs
from constructs import Construct

from infra.acknowledgements import acknowledge
from infra.components.backend_function import Placement
from infra.components.detection_queue import MAX_RECEIVES, VISIBILITY_S
from infra.components.gpu_quota import GpuQuota
from infra.components.reader_function import ReaderFunction, ReaderNeeds
from infra.components.stream_service import StreamNeeds, StreamService
from infra.components.worker_capacity import GpuCapacity
from infra.components.worker_image import worker_image
from infra.components.worker_queue_awake import QueueAwake
from infra.components.worker_scaling import BacklogScaling
from infra.components.worker_service import worker_service
from infra.components.worker_task import WorkerNeeds, WorkerTask
from infra.environments import Environment
from infra.stacks.core import CoreStack
from infra.stacks.network import NetworkStack


class WorkerStack(Stack):
    """Workers on spot capacity, and workers on demand for when that does not come.

    Attributes:
        cluster: where they run.
        spot: the service on spot capacity, which does all the work there is as long as it can be had.
        fallback: the service on demand.
        task: their common task definition, role and log.
        scaling: the alarms that scale them.
        streams: what reads live streams; None where no camera streams.
        reader: what answers single pictures.
    """

    def __init__(
        self, scope: Construct, id_: str, *, environment: Environment, network: NetworkStack, core: CoreStack
    ) -> None:
        """Make the stack.

        Args:
            scope: the application.
            id_: the stack's name.
            environment: the deployment's decisions.
            network: where the workers run.
            core: the queue that they take jobs from, and what they may do.
        """
        super().__init__(scope, id_, description=f"Number-plate recognition: workers ({environment.name})")
        self.cluster = aws_ecs.Cluster(self, "Cluster", vpc=network.vpc)
        acknowledge(self.cluster, "ECS4", "Paid for by the metric; the workers' own figures say more, and come free.")
        needs = WorkerNeeds(
            cluster=self.cluster,
            image=worker_image(self, "Image", kind=environment.worker),
            policy=core.worker_policy,
            variables={
                **core.worker_variables,
                "ANPR_QUEUE_MAX_RECEIVES": str(MAX_RECEIVES),
                "ANPR_QUEUE_VISIBILITY_S": str(VISIBILITY_S),
            },
        )
        self.task = WorkerTask(self, "Worker", needs=needs, environment=environment)
        spot, on_demand = self._providers(network, environment)
        self.spot = worker_service(self, "Spot", task=self.task, provider=spot, network=network)
        self.fallback = worker_service(self, "Fallback", task=self.task, provider=on_demand, network=network)
        for service in (self.spot, self.fallback):
            # The cluster has its capacity providers by a resource of its own, of which a service does not know.
            service.node.add_dependency(self.cluster)
        if environment.worker == "gpu":
            quota = GpuQuota(self, "Quota")
            for service in (self.spot, self.fallback):
                quota.come_before(service)
        self.scaling = BacklogScaling(
            self,
            "Scaling",
            queue=core.detection.queue,
            spot=self.spot,
            fallback=self.fallback,
            policy=environment.scaling,
        )
        self.streams = self._streams(network, core, environment)
        self.reader = self._reader(network, core, environment)
        QueueAwake(self, "Awake", queue=core.detection.queue)
        CfnOutput(self, "ClusterName", value=self.cluster.cluster_name)
        CfnOutput(self, "SpotService", value=self.spot.service_name)
        CfnOutput(self, "FallbackService", value=self.fallback.service_name)

    def _streams(self, network: NetworkStack, core: CoreStack, environment: Environment) -> StreamService | None:
        if core.stream_policy is None:
            return None
        needs = StreamNeeds(
            cluster=self.cluster,
            policies=(core.worker_policy, core.stream_policy),
            variables=core.stream_variables,
            network=network,
        )
        return StreamService(self, "Streams", needs=needs, environment=environment)

    def _reader(self, network: NetworkStack, core: CoreStack, environment: Environment) -> ReaderFunction:
        needs = ReaderNeeds(
            api=core.api.api,
            policy=core.reader_policy,
            variables=core.reader_variables,
            placement=Placement(network.vpc, network.function_subnets, network.database_clients),
        )
        return ReaderFunction(self, "Reader", needs=needs, environment=environment)

    def _providers(self, network: NetworkStack, environment: Environment) -> tuple[str, str]:
        """Names of the capacity providers: for spot capacity, and on demand."""
        if environment.worker == "cpu":
            self.cluster.enable_fargate_capacity_providers()
            return "FARGATE_SPOT", "FARGATE"
        spot, on_demand = (
            GpuCapacity(
                self, name, cluster=self.cluster, network=network, environment=environment, spot=name == "SpotMachines"
            )
            for name in ("SpotMachines", "OnDemandMachines")
        )
        return spot.provider.capacity_provider_name, on_demand.provider.capacity_provider_name
