"""What the routes work with: made once for each process by the group's entry point, and handed to `create_app`."""

from dataclasses import dataclass, field

from anpr.bolos import Matcher
from anpr.db import Database
from anpr.egress import EgressPolicy, policy_of
from anpr.ports import BlobStore, EventBus, JobQueue, Notifier, SecretStore
from anpr.settings import (
    ExportSettings,
    LicenseSettings,
    MetricsSettings,
    RateLimitSettings,
    ReviewSettings,
    SearchSettings,
    UploadSettings,
    WebhookSettings,
)
from anpr.tokens import TokenSigner, TokenVerifier
from anpr.webhooks.sealing import Seal


@dataclass(frozen=True, slots=True)
class JudgingServices:
    """What review needs.

    Attributes:
        matcher: finds wanted plates; kept, because it compiles their patterns once.
        settings: leases and limits.
    """

    matcher: Matcher
    settings: ReviewSettings


@dataclass(frozen=True, slots=True)
class AlertingServices:
    """What wanted plates and webhooks need.

    Attributes:
        notifier: topics that people subscribe to.
        queue: webhook deliveries that are due.
        secrets: where the key of the webhooks' secrets is.
        key_secret_id: which secret it is.
        webhooks: how webhooks are sent.
    """

    notifier: Notifier
    queue: JobQueue
    secrets: SecretStore
    key_secret_id: str
    webhooks: WebhookSettings

    def seal(self) -> Seal:
        """The key, read where it is used: few requests need it."""
        return Seal.load(self.secrets, self.key_secret_id)

    @property
    def policy(self) -> EgressPolicy:
        """Where webhooks may go."""
        return policy_of(self.webhooks)


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiServices:
    """A group has what its routes need and no more, because its role in AWS permits no more.

    Attributes:
        database: where everything is.
        verifier: checks the tokens of every request.
        signer: makes tokens; the identity group's alone.
        blobs: footage and crops.
        queue: detection jobs.
        bus: domain events.
        uploads: what may be uploaded.
        search: what a search must say.
        metrics: who may scrape.
        judging: review.
        exports: what an export may hold.
        alerting: wanted plates and webhooks.
        licensing: whose licences count.
        rates: how often one may log in and search.
    """

    database: Database
    verifier: TokenVerifier
    signer: TokenSigner | None = None
    blobs: BlobStore | None = None
    queue: JobQueue | None = None
    bus: EventBus | None = None
    uploads: UploadSettings | None = None
    search: SearchSettings | None = None
    metrics: MetricsSettings | None = None
    judging: JudgingServices | None = None
    exports: ExportSettings | None = None
    alerting: AlertingServices | None = None
    # These have defaults that protect, rather than None: a group that forgets them is not without limits.
    licensing: LicenseSettings = field(default_factory=LicenseSettings)
    rates: RateLimitSettings = field(default_factory=RateLimitSettings)
