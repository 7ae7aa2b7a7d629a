"""The core stack: everything but the network, the database, the GPU worker and the alarms.

It composes and grants; what each part is, its construct says. It holds only resource types that the emulator of the
one-machine run knows, and that run deploys this very stack.
"""

from aws_cdk import CfnOutput, Stack, aws_iam, aws_lambda
from constructs import Construct

from anpr.messages import CROPS_PREFIX, FRAMES_PREFIX, UPLOADS_PREFIX
from infra.acknowledgements import acknowledge
from infra.components.alerting import Alerting
from infra.components.anchor_bucket import AnchorBucket
from infra.components.api_functions import ApiFunctions
from infra.components.backend_function import BackendCode
from infra.components.backend_parts import BackendParts
from infra.components.background_functions import (
    make_export_builder,
    make_outbox_relay,
    make_retention,
    make_setup,
    make_usage_meter,
)
from infra.components.database_access import DatabaseAccess
from infra.components.detection_queue import MAX_RECEIVES, VISIBILITY_S, DetectionQueue
from infra.components.domain_bus import BUS_NAME, DomainBus
from infra.components.footage_bucket import FootageBucket
from infra.components.http_api import HttpApi
from infra.components.migrations import Migrations
from infra.components.secrets import Secrets
from infra.components.sweeps import Sweeps, Swept
from infra.components.topics import Topics
from infra.environments import EMULATED_DATABASE_SECRET, Environment
from infra.packaging import Bundles
from infra.stacks.database import DatabaseStack


class CoreStack(Stack):
    """Storage, queue, bus, secrets, functions and the HTTP API of one environment.

    Attributes:
        detection: the queue of detection jobs, with its dead letters.
        footage: the bucket of footage and evidence.
        anchors: the bucket of the audit log's anchors.
        bus: domain events.
        topics: whom people are told by.
        alerting: the queues of hits and of webhooks.
        api: the HTTP API.
        functions: every function, by name: `Identity`, `OutboxRelay`, …
        worker_policy: what a worker may do; attach it to the role of whatever runs one.
        worker_variables: the settings that a worker needs.
        reader_policy: what answering single pictures takes, wherever that runs.
        reader_variables: the settings that it needs.
        stream_policy: what reading a live stream takes beside that; None where no camera streams.
        stream_variables: the settings that it needs.
    """

    def __init__(
        self,
        scope: Construct,
        id_: str,
        *,
        environment: Environment,
        bundles: Bundles,
        database: DatabaseStack | None = None,
    ) -> None:
        """Make the stack.

        Args:
            scope: the application.
            id_: the stack's name.
            environment: the deployment's decisions.
            bundles: the functions' code.
            database: the cluster; in the one-machine run, where there is none, a secret says where the database is.
        """
        super().__init__(scope, id_, description=f"Number-plate recognition: core ({environment.name})")
        self._environment = environment
        self.detection = DetectionQueue(self, "Detection")
        self.footage = FootageBucket(self, "Storage", environment=environment, notify=self.detection.queue)
        self.anchors = AnchorBucket(self, "Audit", environment=environment, access_logs=self.footage.access_logs)
        self.bus = DomainBus(self, "Events", tapped=environment.event_tap)
        self.topics = Topics(self, "Topics", environment=environment)
        self._secrets = Secrets(self, "Secrets", environment=environment)
        self._parts = BackendParts(
            stack=self,
            environment=environment,
            code=BackendCode(self, "Code", bundles=bundles, environment=environment),
            database=DatabaseAccess(secrets=self._secrets, database=database),
            footage=self.footage,
            anchors=self.anchors,
            detection=self.detection,
            bus=self.bus,
            secrets=self._secrets,
            topics=self.topics,
        )
        self.alerting = Alerting(self, "Alerting", parts=self._parts)
        served = ApiFunctions(self._parts, self.alerting)
        self.api = HttpApi(self, "Http", environment=environment, routes=served.routes, elsewhere=served.elsewhere)
        if not environment.emulated:
            # The console is of the API's origin and its files go to the bucket's. The emulator lets in every page.
            self.footage.allow_pages_of(self.api.url)
        background = {
            "Setup": make_setup(self._parts),
            "OutboxRelay": make_outbox_relay(self._parts),
            "ExportBuilder": make_export_builder(self._parts),
            "UsageMeter": make_usage_meter(self._parts),
            "Retention": make_retention(self._parts),
        }
        made = {name: function.function for name, function in (served.functions | background).items()}
        self.functions: dict[str, aws_lambda.Function] = made | self.alerting.functions
        swept = Swept(
            functions=made,
            webhooks=self.alerting.webhooks,
            api_id=self.api.api.api_id,
            queues=(self.detection.queue, self.alerting.hits.queue),
            kept_alive=[
                function.live for function in served.functions.values() if function.live is not function.function
            ],
        )
        sweeps = Sweeps(self, "Sweeps", parts=self._parts, swept=swept)
        if sweeps.starter is not None:
            self.functions["SweepStarter"] = sweeps.starter
        if database is not None:
            self._migrate()
        self.worker_policy = self._worker_policy()
        self.worker_variables = {
            **self._parts.database.variables,
            **self._parts.bucket,
            **self._parts.jobs,
            **self._parts.events,
        }
        self.reader_policy = self._reader_policy()
        self.reader_variables = {
            **self._parts.database.variables,
            **self._parts.bucket,
            **self._parts.events,
            **self._parts.licensing,
        }
        self.stream_policy = self._stream_policy()
        self.stream_variables = {
            **self._parts.database.variables,
            **self._parts.bucket,
            **self._parts.events,
            **self._parts.licensing,
            "ANPR_WEBHOOK_KEY_SECRET_ID": self._secrets.webhook_key_id,
        }
        self._outputs()

    def _migrate(self) -> None:
        """The one-machine run starts the set-up itself: its emulator runs no functions while it makes a stack."""
        setup = self.functions["Setup"]
        migrations = Migrations(self, "Migrations", setup=setup, code=self._parts.code)
        migrations.come_before(function for function in self.functions.values() if function is not setup)

    def _worker_policy(self) -> aws_iam.ManagedPolicy:
        """What a worker may do, wherever it runs: attached to the role of whatever runs it."""
        role = aws_iam.ManagedPolicy(self, "WorkerPolicy", description="What a recognition worker may do.")
        self._parts.database.grant_use(role)
        self.detection.grant_work(role)
        # A worker that is told to stop puts a fresh copy of its message back, so that no delivery is used up.
        self.detection.grant_send(role)
        # Without it S3 says "forbidden" of an object that is not there, which looks like an outage.
        self.footage.grant_list(role)
        self.footage.grant_objects(role, "s3:GetObject", "s3:GetObjectVersion", prefixes=(UPLOADS_PREFIX,))
        self.footage.grant_objects(role, "s3:PutObject", prefixes=(CROPS_PREFIX, FRAMES_PREFIX))
        self.bus.grant_publish(role)
        if self._environment.tracing:
            aws_iam.Grant.add_to_principal(grantee=role, actions=["xray:PutTraceSegments"], resource_arns=["*"])
            acknowledge(role, "IAM5[Resource::*]", "X-Ray's PutTraceSegments knows no narrower resource.")
        return role

    def _reader_policy(self) -> aws_iam.ManagedPolicy:
        """What answering single pictures takes: a Lambda on AWS, a process where an emulator is."""
        policy = aws_iam.ManagedPolicy(self, "ReaderPolicy", description="What answering single pictures takes.")
        self._parts.database.grant_use(policy)
        self.footage.grant_objects(policy, "s3:PutObject", prefixes=(CROPS_PREFIX, FRAMES_PREFIX))
        self.bus.grant_publish(policy)
        return policy

    def _stream_policy(self) -> aws_iam.ManagedPolicy | None:
        """What a process may do that reads live streams, beside what a worker may."""
        if not (self._environment.stream_tasks or self._environment.emulated):
            return None
        policy = aws_iam.ManagedPolicy(self, "StreamPolicy", description="What reading live streams takes.")
        # Cameras' addresses are encrypted as the webhooks' secrets are.
        self._secrets.grant_read_webhook_key(policy)
        return policy

    def _outputs(self) -> None:
        outputs = {
            "ApiId": self.api.api.api_id,
            "ApiUrl": self.api.url,
            "SetupFunction": self.functions["Setup"].function_name,
            "AdminSecret": self._secrets.admin.secret_arn,
            "Bucket": self.footage.bucket.bucket_name,
            "AnchorBucket": self.anchors.bucket.bucket_name,
            "QueueUrl": self.detection.queue.queue_url,
            "DeadLetterQueueUrl": self.detection.dead_letters.queue_url,
            "MaxReceives": str(MAX_RECEIVES),
            "VisibilitySeconds": str(VISIBILITY_S),
            "BusName": BUS_NAME,
            "WorkerPolicyArn": self.worker_policy.managed_policy_arn,
        }
        if self._environment.emulated:
            outputs["DatabaseSecret"] = EMULATED_DATABASE_SECRET
            outputs["ReaderPolicyArn"] = self.reader_policy.managed_policy_arn
        if self.stream_policy is not None:
            outputs["StreamPolicyArn"] = self.stream_policy.managed_policy_arn
            outputs["WebhookKey"] = self._secrets.webhook_key_id
        if self.bus.tap is not None:
            outputs["TapQueueUrl"] = self.bus.tap.queue_url
        if self.api.alias_target is not None:
            outputs["ApiAliasTarget"] = self.api.alias_target
        for name, value in outputs.items():
            CfnOutput(self, name, value=value)
