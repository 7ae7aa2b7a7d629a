"""Is the audit log what it was? Its own chain, the series of anchors, and each held against the other."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from hashlib import sha256
from itertools import pairwise
from typing import Final

from sqlalchemy.orm import Session

from anpr.anchor_documents import AuditAnchored
from anpr.governance import anchors, audit_log, signing
from anpr.governance.audit_log import Head
from anpr.messages import ANCHORS_PREFIX, anchor_key
from anpr.ports import AnchorStore, KeptAnchor

_READERS: Final = 8


@dataclass(frozen=True, slots=True)
class Verification:
    """What was found.

    Attributes:
        head: the log's newest record.
        broken_at: the first record that is not as it was, or stands where another was, by the log's own chain.
        anchors: how many anchors there are.
        newest: the newest of them.
        restarts: the anchors among those that were read by which somebody began the series anew; each gives a reason.
        findings: what is wrong, each in a sentence.
    """

    head: Head | None
    broken_at: int | None
    anchors: int
    newest: AuditAnchored | None
    restarts: tuple[AuditAnchored, ...]
    findings: tuple[str, ...]

    @property
    def ok(self) -> bool:
        """Whether all is as it was."""
        return not self.findings


@dataclass(frozen=True, slots=True, kw_only=True)
class Thoroughness:
    """How much to look at.

    Attributes:
        recent: how many of the newest anchors are read; None for all.
        key: the public key that must have signed them, as the set-up function told it; None to take the one that the
            oldest anchor which is read names.
    """

    recent: int | None = None
    key: str | None = None


def verify(session: Session, store: AnchorStore | None, how: Thoroughness) -> Verification:
    """Walk the chain, and hold it against the anchors.

    Args:
        session: a transaction that sees what others commit meanwhile, as PostgreSQL's usual one does.
        store: where the anchors are; None where there are none.
        how: how much to look at.

    Raises:
        anpr.errors.Unavailable: the database or the bucket cannot be reached.
    """
    kept = _listed(store)
    while True:
        found = _verify(session, store, kept, how)
        # Whoever prunes writes an anchor first, so a log that was pruned under one's eyes has more anchors now.
        again = _listed(store)
        if found.ok or len(again) == len(kept):
            return found
        kept = again


def _listed(store: AnchorStore | None) -> Sequence[KeptAnchor]:
    return () if store is None else store.list()


def _verify(session: Session, store: AnchorStore | None, kept: Sequence[KeptAnchor], how: Thoroughness) -> Verification:
    broken = audit_log.verify(session)
    findings = [] if broken is None else [f"Record {broken}, or what stood before it, is not as it was written."]
    found: list[AuditAnchored] = []
    if store is not None:
        findings += _series(kept)
        found, wrong = _read(store, kept if how.recent is None else kept[-how.recent :], how.key)
        findings += wrong
        findings += _held_against(session, found)
    return Verification(
        head=audit_log.head(session),
        broken_at=broken,
        anchors=len(kept),
        newest=found[-1] if found else None,
        restarts=tuple(anchor for anchor in found if anchor.restart is not None),
        findings=tuple(findings),
    )


def _series(kept: Sequence[KeptAnchor]) -> list[str]:
    """Look for gaps, and for anchors that somebody deleted or stored over."""
    findings = [f"Anchor {_number(each)} was deleted, or stored over." for each in kept if not each.untouched]
    for number, each in enumerate(kept, start=1):
        if each.key != anchor_key(number):
            return [*findings, f"There is no anchor {number}, where there are later ones."]
    return findings


def _read(store: AnchorStore, kept: Sequence[KeptAnchor], key: str | None) -> tuple[list[AuditAnchored], list[str]]:
    """Read anchors, oldest first, each held against the one before; up to the first that is none."""
    with ThreadPoolExecutor(_READERS) as pool:
        read = list(pool.map(lambda each: anchors.read(store, each), kept))
    good: list[AuditAnchored] = []
    for each, anchor in zip(kept, read, strict=True):
        if anchor is None or anchor_key(anchor.no) != each.key:
            return good, [f"What is kept as anchor {_number(each)} is none."]
        if anchor.key != (key or (good[0].key if good else anchor.key)) or not _is_signed(anchor):
            return good, [f"Anchor {anchor.no} was not signed by the key that signs here."]
        good.append(anchor)
    return good, [
        f"Anchor {later.no} does not follow from the one before."
        for before, later in pairwise(good)
        if not _follows(before, later)
    ]


def _is_signed(anchor: AuditAnchored) -> bool:
    try:
        return signing.is_signed(
            signing.read_public_key(anchor.key), signing.decode(anchor.signature), anchor.signed_part()
        )
    except ValueError:
        return False


def _follows(before: AuditAnchored, later: AuditAnchored) -> bool:
    grown = later.restart is not None or (later.seq >= before.seq and later.start.seq >= before.start.seq)
    return grown and later.previous == sha256(before.document()).hexdigest()


def _held_against(session: Session, found: Sequence[AuditAnchored]) -> list[str]:
    """Hold the log against the newest anchor, and against the heads of all since the series was begun anew."""
    since = max((at for at, anchor in enumerate(found) if anchor.restart is not None), default=0)
    standing = found[since:]
    if not standing:
        return []
    said = anchors.compare(session, standing[-1])
    lost = audit_log.lost(session, [Head(anchor.seq, bytes.fromhex(anchor.hash)) for anchor in standing])
    first_lost = next((anchor for anchor in standing if anchor.seq in lost), None)
    findings = [] if said is None else [said]
    if first_lost is not None:
        before = next((anchor for anchor in reversed(standing) if anchor.seq not in lost), None)
        as_it_was = "no anchor's" if before is None else f"that of anchor {before.no}, record {before.seq}"
        findings.append(
            f"Record {first_lost.seq} was the log's end on {first_lost.time:%Y-%m-%d %H:%M} UTC and is gone or is not "
            f"as it was; the newest end that still is: {as_it_was}."
        )
    return findings


def _number(kept: KeptAnchor) -> str:
    return kept.key.removeprefix(ANCHORS_PREFIX).removesuffix(".json").lstrip("0")
