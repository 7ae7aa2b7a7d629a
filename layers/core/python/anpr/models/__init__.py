"""The tables.

Times are `timestamptz`, always UTC. Enumerations are text with a CHECK, which a migration can change in one
transaction. Each natural key that makes a consumer idempotent is a unique constraint here.
"""

from anpr.models.base import Base
from anpr.models.footage import Camera, Event, ReviewStatus, Upload, UploadStatus
from anpr.models.operations import AuditRecord, OutboxMessage
from anpr.models.people import RefreshToken, Role, SigningKey, User

__all__ = [
    "AuditRecord",
    "Base",
    "Camera",
    "Event",
    "OutboxMessage",
    "RefreshToken",
    "ReviewStatus",
    "Role",
    "SigningKey",
    "Upload",
    "UploadStatus",
    "User",
]
