"""What the routes work with: made once for each process by the group's entry point, and handed to `create_app`."""

from dataclasses import dataclass, field

from anpr.bolos import Matcher
from anpr.db import Database
from anpr.ports import BlobStore, EventBus, JobQueue
from anpr.settings import (
    ExportSettings,
    LicenseSettings,
    MetricsSettings,
    RateLimitSettings,
    ReviewSettings,
    SearchSettings,
    UploadSettings,
)
from anpr.tokens import TokenSigner, TokenVerifier


@dataclass(frozen=True, slots=True)
class JudgingServices:
    """What review needs.

    Attributes:
        matcher: finds wanted plates; kept, because it compiles their patterns once.
        settings: leases and limits.
    """

    matcher: Matcher
    settings: ReviewSettings


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
    # These have defaults that protect, rather than None: a group that forgets them is not without limits.
    licensing: LicenseSettings = field(default_factory=LicenseSettings)
    rates: RateLimitSettings = field(default_factory=RateLimitSettings)
