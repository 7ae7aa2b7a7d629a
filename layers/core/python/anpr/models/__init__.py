"""The tables.

Times are `timestamptz`, always UTC. Enumerations are text with a CHECK, which a migration can change in one
transaction. Each natural key that makes a consumer idempotent is a unique constraint here.
"""

from anpr.models.alerts import (
    Bolo,
    BoloKind,
    BoloList,
    BoloMatch,
    BoloNotice,
    BoloRevision,
    BoloSubscription,
    Channel,
    DeliveryStatus,
    HitStatus,
    MatchedBy,
    Priority,
    Tolerance,
    WebhookAttempt,
    WebhookDelivery,
    WebhookEndpoint,
)
from anpr.models.base import Base
from anpr.models.exports import Export, ExportEntry, ExportItem, ExportPart, ExportStatus
from anpr.models.footage import Camera, Event, ReviewStatus, Upload, UploadStatus
from anpr.models.governance import (
    ApiKey,
    CameraGrant,
    CameraGroup,
    CameraGroupMember,
    CameraLimit,
    DeletionKind,
    DeletionReceipt,
    LegalHold,
    License,
    LicenseNotice,
    RateLimit,
    UsageRecord,
    UsageReport,
)
from anpr.models.operations import AuditRecord, OutboxMessage
from anpr.models.people import RefreshToken, Role, SigningKey, User
from anpr.models.review import Correction, RejectReason, Review, Urgency, Verdict

__all__ = [
    "ApiKey",
    "AuditRecord",
    "Base",
    "Bolo",
    "BoloKind",
    "BoloList",
    "BoloMatch",
    "BoloNotice",
    "BoloRevision",
    "BoloSubscription",
    "Camera",
    "CameraGrant",
    "CameraGroup",
    "CameraGroupMember",
    "CameraLimit",
    "Channel",
    "Correction",
    "DeletionKind",
    "DeletionReceipt",
    "DeliveryStatus",
    "Event",
    "Export",
    "ExportEntry",
    "ExportItem",
    "ExportPart",
    "ExportStatus",
    "HitStatus",
    "LegalHold",
    "License",
    "LicenseNotice",
    "MatchedBy",
    "OutboxMessage",
    "Priority",
    "RateLimit",
    "RefreshToken",
    "RejectReason",
    "Review",
    "ReviewStatus",
    "Role",
    "SigningKey",
    "Tolerance",
    "Upload",
    "UploadStatus",
    "Urgency",
    "UsageRecord",
    "UsageReport",
    "User",
    "Verdict",
    "WebhookAttempt",
    "WebhookDelivery",
    "WebhookEndpoint",
]
