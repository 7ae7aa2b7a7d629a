"""What the functions are connected to, and how each is made."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from constructs import Construct

from infra.components.anchor_bucket import AnchorBucket
from infra.components.backend_function import BackendCode, BackendFunction, FunctionSpec
from infra.components.database_access import DatabaseAccess
from infra.components.detection_queue import DetectionQueue
from infra.components.domain_bus import BUS_NAME, DomainBus
from infra.components.footage_bucket import FootageBucket
from infra.components.secrets import Secrets
from infra.components.topics import Topics
from infra.environments import Environment


@dataclass(frozen=True, slots=True, kw_only=True)
class BackendParts:
    """The core stack's parts, as its functions see them.

    Attributes:
        stack: where the functions are made.
        environment: the deployment's decisions.
        code: layers and the functions' own code.
        database: how it is reached.
        footage: the bucket of footage and evidence.
        anchors: the bucket of the audit log's anchors.
        detection: the queue of detection jobs.
        bus: domain events.
        secrets: keys and passwords.
        topics: whom people are told by.
    """

    stack: Construct
    environment: Environment
    code: BackendCode
    database: DatabaseAccess
    footage: FootageBucket
    anchors: AnchorBucket
    detection: DetectionQueue
    bus: DomainBus
    secrets: Secrets
    topics: Topics

    @property
    def licensing(self) -> Mapping[str, str]:
        """Settings of whatever asks what a licence allows."""
        return {"ANPR_LICENSE_PUBLIC_KEYS": ",".join(self.environment.license_issuers)}

    @property
    def bucket(self) -> Mapping[str, str]:
        """Settings of whatever uses the bucket."""
        return {"ANPR_S3_BUCKET": self.footage.bucket.bucket_name}

    @property
    def jobs(self) -> Mapping[str, str]:
        """Settings of whatever uses the queue of detection jobs."""
        return {
            "ANPR_QUEUE_URL": self.detection.queue.queue_url,
            "ANPR_QUEUE_DEAD_LETTER_URL": self.detection.dead_letters.queue_url,
        }

    @property
    def events(self) -> Mapping[str, str]:
        """Settings of whatever publishes events."""
        return {"ANPR_BUS_NAME": BUS_NAME}

    @property
    def retention(self) -> Mapping[str, str]:
        """Settings of whatever goes by how long what is kept."""
        environment = self.environment
        return {
            "ANPR_RETENTION_UPLOADS_DAYS": str(environment.upload_days),
            "ANPR_RETENTION_CROPS_DAYS": str(environment.evidence_days),
            "ANPR_RETENTION_EVENTS_DAYS": str(environment.event_days),
            "ANPR_RETENTION_HITS_DAYS": str(environment.hit_days),
            "ANPR_RETENTION_AUDIT_DAYS": str(environment.audit_days),
        }

    def function(self, id_: str, spec: FunctionSpec) -> BackendFunction:
        """Make a function that uses the data in the database."""
        made = self._placed(id_, replace(spec, variables={**self.database.variables, **spec.variables}))
        self.database.grant_use(made.function)
        return made

    def owning_function(self, id_: str, spec: FunctionSpec) -> BackendFunction:
        """Make a function that may alter the database's tables."""
        made = self._placed(id_, replace(spec, variables={**self.database.owner_variables, **spec.variables}))
        self.database.grant_own(made.function)
        return made

    def free_function(self, id_: str, spec: FunctionSpec) -> BackendFunction:
        """Make a function that has nothing to do with the database, and runs outside its network."""
        return BackendFunction(self.stack, id_, code=self.code, environment=self.environment, spec=spec)

    def _placed(self, id_: str, spec: FunctionSpec) -> BackendFunction:
        placement = self.database.placement
        if placement is not None:
            # There is no NAT: see docs/decisions/0001-network.md.
            ipv6 = str(self.environment.way_out == "ipv6").lower()
            spec = replace(spec, placement=placement, variables={**spec.variables, "ANPR_IPV6": ipv6})
        return BackendFunction(self.stack, id_, code=self.code, environment=self.environment, spec=spec)
