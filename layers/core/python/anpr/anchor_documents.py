"""What an anchor of the audit log says, byte for byte: in its bucket, on the bus, and in webhooks that tell of it."""

import json
from datetime import datetime
from typing import Any

from pydantic import BaseModel, ConfigDict, Field


class ChainStart(BaseModel):
    """Where the audit log may begin: its first record, and as hex the hash that this is chained to."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    seq: int
    hash: str


class AuditAnchored(BaseModel):
    """Data of `audit.anchored`, and an anchor as it lies in its bucket: how far the audit log reached at a time.

    Attributes:
        no: counted from 1.
        seq: number of the log's newest record.
        hash: that record's hash as hex, which vouches for all records before it.
        time: when it was written, in UTC.
        start: where the log may begin; what stood before was pruned.
        previous: SHA-256 of the document of the anchor before, as hex; zeros where there is none.
        key: the Ed25519 public key that signed it, as base64url.
        restart: why the series begins anew here; None as long as it goes on.
        signature: over the document without this member, as base64url.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    no: int = Field(ge=1)
    seq: int = Field(ge=1)
    hash: str = Field(pattern="^[0-9a-f]{64}$")
    time: datetime
    start: ChainStart
    previous: str
    key: str
    restart: str | None
    signature: str

    def document(self) -> bytes:
        """The anchor as it is stored: JSON with its names in order and no white space, in UTF-8."""
        return _canonical(self.model_dump(mode="json"))

    def signed_part(self) -> bytes:
        """What the signature is over."""
        return _canonical(self.model_dump(mode="json", exclude={"signature"}))


class AuditDisputed(BaseModel):
    """Data of `audit.disputed`: the audit log is not what its newest anchor says, for the reason given in words."""

    reason: str


def _canonical(content: dict[str, Any]) -> bytes:
    return json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()
