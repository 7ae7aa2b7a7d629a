"""What the routes work with: made once for each process by the group's entry point, and handed to `create_app`."""

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from anpr.db import Database
from anpr.identity.tokens import TokenSigner, TokenVerifier
from anpr.ports import AnchorStore, BlobStore, EventBus, JobQueue
from anpr.settings import (
    ExportSettings,
    LicenseSettings,
    MetricsSettings,
    RateLimitSettings,
    SearchSettings,
    UploadSettings,
)

if TYPE_CHECKING:
    # What these bring along costs each start of a function, so only the groups that use them import them.
    from functions.api.alerting import AlertingServices
    from functions.api.judging import JudgingServices


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
        anchors: what the audit log is held against; None where there is no such bucket.
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
    anchors: AnchorStore | None = None
    uploads: UploadSettings | None = None
    search: SearchSettings | None = None
    metrics: MetricsSettings | None = None
    judging: "JudgingServices | None" = None
    exports: ExportSettings | None = None
    alerting: "AlertingServices | None" = None
    # These have defaults that protect, rather than None: a group that forgets them is not without limits.
    licensing: LicenseSettings = field(default_factory=LicenseSettings)
    rates: RateLimitSettings = field(default_factory=RateLimitSettings)

    def renew(self) -> None:
        """Let go of what must not outlive a snapshot of the process: connections, and keys that were read."""
        self.database.engine.dispose()
        self.verifier.forget()
        if self.signer is not None:
            self.signer.forget()
