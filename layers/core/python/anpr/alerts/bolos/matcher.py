"""Finding the entries that a read may match: exact plates by index, all patterns at once by one RE2 set.

The set is kept in memory and rebuilt when `bolo_revision` says that a wildcard or regex entry changed. The revision is
read with every look-up, in the same statement as the exact plates, so an entry acts on the first passage that is
recorded after its commit.
"""

from dataclasses import dataclass
from threading import Lock
from typing import Final
from uuid import UUID

import re2
from sqlalchemy import select, text, update
from sqlalchemy.orm import Session

from anpr.alerts.bolos.patterns import MAX_COMPILED_BYTES, PlatePattern, Read, edit_variants, expression, options
from anpr.models import Bolo, BoloKind, BoloRevision
from anpr.plates import plate_key

_SET_BYTES: Final = 256 * 1024**2
"""The most memory that one set's automaton may take; it takes what its patterns need (12 MB for 10,000 plates)."""

_CHUNK: Final = 10_000
"""Patterns in one set, so that one that cannot be built slows down no others."""

_ANYTHING: Final = "(?s).*"

# One round trip a passage; what the function does, the migration that makes it says. Lists are joined by commas, which
# no normalised plate has: an array takes the driver longer to write than the server to read.
_LOOK_UP = text("SELECT revision, id FROM bolo_look_up(:plate, :keys, :variants)")


@dataclass(frozen=True, slots=True)
class _Chunk:
    """Some patterns; `ids` in the order in which the set numbers them."""

    ids: tuple[UUID, ...]
    expressions: tuple[str, ...]
    compiled: re2.Set | None

    def match(self, plate: str) -> list[UUID]:
        found = self.compiled.Match(plate) if self.compiled is not None else None
        # The first pattern matches anything. Where it is missing, RE2 ran out of memory and said nothing.
        if not found or 0 not in found:
            return self._match_one_by_one(plate)
        return [self.ids[number - 1] for number in found if number > 0]

    def _match_one_by_one(self, plate: str) -> list[UUID]:
        """A thousand times slower, and sure."""
        each = options(MAX_COMPILED_BYTES)
        return [
            bolo_id
            for bolo_id, source in zip(self.ids, self.expressions, strict=True)
            if re2.fullmatch(source, plate, each)
        ]


@dataclass(frozen=True, slots=True)
class _Patterns:
    """All patterns of one revision."""

    revision: int
    chunks: tuple[_Chunk, ...]

    def match(self, plate: str) -> list[UUID]:
        return [bolo_id for chunk in self.chunks for bolo_id in chunk.match(plate)]


class Matcher:
    """Finds entries for reads; one a process, safe to share between threads."""

    def __init__(self) -> None:
        self._patterns = _Patterns(-1, ())
        self._loading = Lock()

    def find(self, session: Session, read: Read) -> set[UUID]:
        """Find the active entries that a read may match.

        Returns:
            Ids of entries; more than match, never fewer: each is still to be judged with the entry at hand.
        """
        texts = {read.plate} if read.certain else {read.plate, *read.candidates}
        rows = session.execute(
            _LOOK_UP,
            {
                "plate": read.plate,
                "keys": ",".join({plate_key(one) for one in texts}),
                "variants": ",".join(edit_variants(read.plate)),
            },
        ).all()
        found = {row.id for row in rows if row.id is not None}
        if read.readable and read.plate:
            found.update(self._current(session, rows[0].revision).match(read.plate))
        return found

    def _current(self, session: Session, revision: int) -> _Patterns:
        patterns = self._patterns
        if patterns.revision == revision:
            return patterns
        with self._loading:
            if self._patterns.revision != revision:
                self._patterns = _load(session)
            return self._patterns


def touch(session: Session) -> None:
    """Tell matchers that wildcard or regex entries change in this transaction.

    The counter's row stays locked until the commit, so no matcher can take a set that lacks the change for a newer one.
    """
    session.execute(
        update(BoloRevision).values(revision=BoloRevision.revision + 1).execution_options(synchronize_session=False)
    )


def _load(session: Session) -> _Patterns:
    # The revision in the same statement as the patterns: read apart, one could be newer than the other.
    rows = session.execute(
        select(BoloRevision.revision, Bolo.id, Bolo.kind, Bolo.pattern, Bolo.tolerance)
        .outerjoin(Bolo, (Bolo.kind != BoloKind.EXACT) & Bolo.active)
        .order_by(Bolo.id)
    ).all()
    entries = [(row.id, PlatePattern(row.kind, row.pattern, row.tolerance)) for row in rows if row.id is not None]
    chunks = (entries[start : start + _CHUNK] for start in range(0, len(entries), _CHUNK))
    return _Patterns(rows[0].revision, tuple(_compile(chunk) for chunk in chunks))


def _compile(entries: list[tuple[UUID, PlatePattern]]) -> _Chunk:
    ids = tuple(bolo_id for bolo_id, _ in entries)
    expressions = tuple(expression(plate_pattern) for _, plate_pattern in entries)
    compiled = re2.Set.FullMatchSet(options(_SET_BYTES))
    for source in (_ANYTHING, *expressions):
        compiled.Add(source)
    try:
        compiled.Compile()
    except re2.error:
        # Patterns that are each within bounds and together too large: slow matching beats none.
        return _Chunk(ids, expressions, None)
    return _Chunk(ids, expressions, compiled)
