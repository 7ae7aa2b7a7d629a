"""The core stack: everything but the network, the database, the GPU worker and the alarms.

It composes and grants; what each part is, its construct says. It holds only resource types that the emulator of the
one-machine run knows, and that run deploys this very stack.
"""

from typing import Final

from aws_cdk import CfnOutput, Stack, aws_iam, aws_lambda
from constructs import Construct

from anpr.messages import CROPS_PREFIX, EXPORTS_PREFIX, FRAMES_PREFIX, UPLOADS_PREFIX, EventType
from infra.components.alerting import Alerting, AlertingParts
from infra.components.backend_function import BackendCode, BackendFunction, FunctionSpec
from infra.components.detection_queue import MAX_RECEIVES, VISIBILITY_S, DetectionQueue
from infra.components.domain_bus import BUS_NAME, DomainBus
from infra.components.footage_bucket import FootageBucket
from infra.components.http_api import HttpApi
from infra.components.schedule import Schedule
from infra.components.secrets import Secrets
from infra.components.topics import Topics
from infra.environments import Environment
from infra.packaging import Bundles

_EVIDENCE: Final = (CROPS_PREFIX, FRAMES_PREFIX)

DATABASE_ROLE: Final = "anpr_app"
"""The role that the migrations make for the functions and the workers."""


class CoreStack(Stack):
    """Storage, queue, bus, secrets, functions and the HTTP API of one environment."""

    def __init__(self, scope: Construct, id_: str, *, environment: Environment, bundles: Bundles) -> None:
        super().__init__(scope, id_, description=f"Number-plate recognition: core ({environment.name})")
        self._environment = environment
        self._code = BackendCode(self, "Code", bundles=bundles, environment=environment)
        self._queue = DetectionQueue(self, "Detection")
        self._footage = FootageBucket(self, "Storage", environment=environment, notify=self._queue.queue)
        self._bus = DomainBus(self, "Events", tapped=environment.event_tap)
        self._topics = Topics(self, "Topics", environment=environment)
        self._secrets = Secrets(self, "Secrets", environment=environment)

        self._database_owner = {
            "ANPR_DB_SECRET_ID": environment.database_secret,
            "ANPR_DB_SSL": str(environment.database_tls).lower(),
        }
        # All but the set-up give up the owner's rights as they connect: the audit log is theirs to append to alone.
        self._database = {**self._database_owner, "ANPR_DB_ROLE": DATABASE_ROLE}
        self._licensing = {"ANPR_LICENSE_PUBLIC_KEYS": ",".join(environment.license_issuers)}
        self._bucket = {"ANPR_S3_BUCKET": self._footage.bucket.bucket_name}
        self._jobs = {
            "ANPR_QUEUE_URL": self._queue.queue.queue_url,
            "ANPR_QUEUE_DEAD_LETTER_URL": self._queue.dead_letters.queue_url,
        }
        self._events = {"ANPR_BUS_NAME": BUS_NAME}
        parts = AlertingParts(
            make_function=self._function,
            storage={**self._database, **self._bucket},
            footage=self._footage,
            bus=self._bus,
            secrets=self._secrets,
            topics=self._topics,
        )
        self._alerting = Alerting(self, "Alerting", parts=parts, environment=environment)

        api = HttpApi(
            self,
            "Http",
            environment=environment,
            routes={
                "Identity": (self._identity(), ("auth", "users", "docs", "openapi.json")),
                "Capture": (self._capture(), ("cameras", "uploads", "jobs")),
                "Review": (self._review(), ("events", "feedback", "exports")),
                "Alerts": (self._alerts(), ("bolos", "webhooks", "health", "metrics")),
                "Governance": (self._governance(), ("admin", "licenses", "usage")),
            },
        )
        setup = self._setup()
        self._outbox_relay()
        self._export_builder()
        self._usage_meter()
        self._retention()
        worker = self._worker_policy()
        self._outputs(api, setup, worker)

    def _function(self, id_: str, spec: FunctionSpec) -> aws_lambda.Function:
        made = BackendFunction(self, id_, code=self._code, environment=self._environment, spec=spec).function
        self._secrets.grant_read_database(made)
        return made

    def _identity(self) -> aws_lambda.Function:
        spec = FunctionSpec(
            handler="functions.api.identity.handler",
            purpose="API: logging in, and the people who may.",
            variables={
                **self._database,
                **self._licensing,
                "ANPR_SIGNING_SECRET_ID": self._secrets.signing_key_id,
            },
        )
        function = self._function("Identity", spec)
        self._secrets.grant_read_signing_key(function)
        return function

    def _capture(self) -> aws_lambda.Function:
        spec = FunctionSpec(
            handler="functions.api.capture.handler",
            purpose="API: cameras, uploads and their jobs.",
            variables={**self._database, **self._licensing, **self._bucket, **self._jobs},
        )
        function = self._function("Capture", spec)
        # What signs an upload form must be allowed to do what the form allows.
        self._footage.grant_objects(function, "s3:PutObject", prefixes=(UPLOADS_PREFIX,))
        self._queue.grant_send(function)
        return function

    def _review(self) -> aws_lambda.Function:
        spec = FunctionSpec(
            handler="functions.api.review.handler",
            purpose="API: the recorded passages, and what people say of them.",
            variables={**self._database, **self._licensing, **self._bucket, **self._events},
        )
        function = self._function("Review", spec)
        # A verdict is news: it is published right after it was committed.
        self._bus.grant_publish(function)
        # What signs a link must be allowed to read what it leads to.
        self._footage.grant_objects(function, "s3:GetObject", prefixes=(*_EVIDENCE, EXPORTS_PREFIX))
        return function

    def _alerts(self) -> aws_lambda.Function:
        spec = FunctionSpec(
            handler="functions.api.alerts.handler",
            purpose="API: wanted plates and webhooks, health and metrics.",
            # One core: an import of a hundred thousand rows must be over before the gateway gives up.
            memory_mb=1769,
            variables={
                **self._database,
                **self._licensing,
                **self._bucket,
                **self._jobs,
                **self._events,
                **self._alerting.variables,
            },
        )
        function = self._function("Alerts", spec)
        self._alerting.grant_manage(function)
        self._footage.grant_list(function)
        self._queue.grant_measure(function)
        self._bus.grant_describe(function)
        return function

    def _governance(self) -> aws_lambda.Function:
        spec = FunctionSpec(
            handler="functions.api.governance.handler",
            purpose="API: licences, use, the audit log, legal holds and erasure.",
            variables={**self._database, **self._licensing, **self._bucket, **self._jobs, **self._events},
        )
        function = self._function("Governance", spec)
        # What is kept of a vehicle is handed out by links, and erased.
        self._footage.grant_objects(function, "s3:GetObject", prefixes=_EVIDENCE)
        self._footage.grant_objects(function, "s3:DeleteObject", prefixes=(UPLOADS_PREFIX, *_EVIDENCE))
        self._footage.grant_list(function)
        self._queue.grant_measure(function)
        self._bus.grant_describe(function)
        return function

    def _setup(self) -> aws_lambda.Function:
        spec = FunctionSpec(
            handler="functions.setup.handler.handler",
            purpose="Migrates the database, makes the signing key and the first administrator.",
            timeout_s=900,
            variables={
                **self._database_owner,
                "ANPR_SIGNING_SECRET_ID": self._secrets.signing_key_id,
                "ANPR_ADMIN_SECRET_ID": self._secrets.admin.secret_arn,
                "ANPR_WEBHOOK_KEY_SECRET_ID": self._secrets.webhook_key_id,
            },
        )
        function = self._function("Setup", spec)
        self._secrets.grant_read_signing_key(function)
        self._secrets.grant_write_signing_key(function)
        self._secrets.grant_read_webhook_key(function)
        self._secrets.grant_write_webhook_key(function)
        self._secrets.grant_read_admin(function)
        return function

    def _outbox_relay(self) -> None:
        spec = FunctionSpec(
            handler="functions.outbox_relay.handler.handler",
            purpose="Publishes the events that a crash left in the outbox.",
            timeout_s=55,
            variables={**self._database, **self._events},
        )
        function = self._function("OutboxRelay", spec)
        self._bus.grant_publish(function)
        Schedule(self, "OutboxRelaySchedule", minutes=1, function=function)

    def _export_builder(self) -> None:
        spec = FunctionSpec(
            handler="functions.export_builder.handler.handler",
            purpose="Writes the archives of exports, and deletes them when their time is over.",
            timeout_s=900,
            memory_mb=1769,
            variables={
                **self._database,
                **self._bucket,
                **self._events,
                **self._topics.variables,
                # To plan a large export is one statement.
                "ANPR_DB_STATEMENT_TIMEOUT_S": "300",
            },
        )
        function = self._function("ExportBuilder", spec)
        self._footage.grant_objects(function, "s3:GetObject", prefixes=_EVIDENCE)
        self._footage.grant_objects(
            function,
            "s3:GetObject",
            "s3:PutObject",
            "s3:DeleteObject",
            "s3:AbortMultipartUpload",
            "s3:ListMultipartUploadParts",
            prefixes=(EXPORTS_PREFIX,),
        )
        # Without it, S3 says of a crop that is gone that it is forbidden.
        self._footage.grant_list(function)
        self._bus.grant_publish(function)
        self._topics.grant(
            function, "sns:CreateTopic", "sns:SetTopicAttributes", "sns:Subscribe", "sns:Publish", names="account-"
        )
        self._bus.deliver(
            "Exports", function, EventType.EXPORT_REQUESTED, EventType.EXPORT_READY, EventType.EXPORT_FAILED
        )
        Schedule(self, "ExportSweepSchedule", minutes=5, function=function)

    def _usage_meter(self) -> None:
        spec = FunctionSpec(
            handler="functions.usage_meter.handler.handler",
            purpose="Books what each upload used.",
            variables={**self._database, **self._licensing},
        )
        self._bus.deliver("Usage", self._function("UsageMeter", spec), EventType.UPLOAD_PROCESSED)

    def _retention(self) -> None:
        environment = self._environment
        spec = FunctionSpec(
            handler="functions.retention.handler.handler",
            purpose="Moves or ends uploads that stand still, and deletes what is past its time.",
            timeout_s=120,
            variables={
                **self._database,
                **self._licensing,
                **self._bucket,
                **self._jobs,
                "ANPR_RETENTION_UPLOADS_DAYS": str(environment.upload_days),
                "ANPR_RETENTION_CROPS_DAYS": str(environment.evidence_days),
                "ANPR_RETENTION_EVENTS_DAYS": str(environment.event_days),
                "ANPR_RETENTION_HITS_DAYS": str(environment.hit_days),
                "ANPR_RETENTION_AUDIT_DAYS": str(environment.audit_days),
            },
        )
        function = self._function("Retention", spec)
        self._footage.grant_objects(function, "s3:GetObject", prefixes=(UPLOADS_PREFIX,))
        self._footage.grant_objects(function, "s3:DeleteObject", prefixes=(UPLOADS_PREFIX, *_EVIDENCE))
        self._footage.grant_list(function)
        self._queue.grant_send(function)
        Schedule(self, "RetentionSchedule", minutes=5, function=function)

    def _worker_policy(self) -> aws_iam.ManagedPolicy:
        """What a worker may do, wherever it runs: attached to the role of whatever runs it."""
        role = aws_iam.ManagedPolicy(self, "WorkerPolicy", description="What a recognition worker may do.")
        self._secrets.grant_read_database(role)
        self._queue.grant_work(role)
        # A worker that is told to stop puts a fresh copy of its message back, so that no delivery is used up.
        self._queue.grant_send(role)
        # Without it S3 says "forbidden" of an object that is not there, which looks like an outage.
        self._footage.grant_list(role)
        self._footage.grant_objects(role, "s3:GetObject", prefixes=(UPLOADS_PREFIX,))
        self._footage.grant_objects(role, "s3:PutObject", prefixes=_EVIDENCE)
        self._bus.grant_publish(role)
        return role

    def _outputs(self, api: HttpApi, setup: aws_lambda.Function, worker: aws_iam.ManagedPolicy) -> None:
        outputs = {
            "ApiId": api.api.api_id,
            "ApiUrl": api.api.api_endpoint,
            "SetupFunction": setup.function_name,
            "AdminSecret": self._secrets.admin.secret_arn,
            "DatabaseSecret": self._environment.database_secret,
            "Bucket": self._footage.bucket.bucket_name,
            "QueueUrl": self._queue.queue.queue_url,
            "DeadLetterQueueUrl": self._queue.dead_letters.queue_url,
            "MaxReceives": str(MAX_RECEIVES),
            "VisibilitySeconds": str(VISIBILITY_S),
            "BusName": BUS_NAME,
            "WorkerPolicyArn": worker.managed_policy_arn,
        }
        if self._bus.tap is not None:
            outputs["TapQueueUrl"] = self._bus.tap.queue_url
        for name, value in outputs.items():
            CfnOutput(self, name, value=value)
