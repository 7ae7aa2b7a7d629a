"""What a person types to find a plate: checked, normalised, and turned into conditions that an index serves."""

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

from sqlalchemy import ColumnElement, func
from sqlalchemy.orm import InstrumentedAttribute

from anpr.errors import Unprocessable
from anpr.plates import (
    MAX_PLATE_LENGTH,
    edit_distance,
    is_wildcard,
    like_pattern,
    normalize,
    normalize_pattern,
    plate_key,
    stray_characters,
)

MIN_RUN: Final = 3
"""Consecutive characters that a pattern needs for the trigram index to be of use."""

MIN_PREFIX: Final = 2
"""Characters at its start that a pattern needs for the B-tree to be of use."""

_MIN_FUZZY: Final = 4
_MIN_FUZZY_TWO: Final = 7
_REGEX: Final = re.compile(r"[\[\](){}|^$\\+]|\.[*?]")


class Match(StrEnum):
    """How to compare plates."""

    EXACT = "exact"
    WILDCARD = "wildcard"
    FUZZY = "fuzzy"


class How(StrEnum):
    """How a plate came to match."""

    EXACT = "exact"
    WILDCARD = "wildcard"
    CONFUSABLE = "confusable"
    EDIT = "edit"


@dataclass(frozen=True, slots=True)
class Matched:
    """How a plate matched, and how far it is from what was asked for.

    Attributes:
        how: the closest way in which it matches.
        distance: edits between the two, after look-alikes are folded; 0 unless `how` is `edit`.
    """

    how: How
    distance: int = 0


@dataclass(frozen=True, slots=True)
class PlateQuery:
    """A checked query; make one by `parse`.

    Attributes:
        match: how to compare.
        text: normalised plate, or normalised pattern.
        max_edits: for a fuzzy one, how many characters may be wrong, missing or too many, look-alikes not counted.
    """

    match: Match
    text: str
    max_edits: int = 0

    @property
    def is_selective(self) -> bool:
        """Whether an index on plates finds the matches; without, only a range of time or a camera bounds the work."""
        if self.match is not Match.WILDCARD:
            return True
        runs = re.split(r"[?*]", self.text)
        return len(runs[0]) >= MIN_PREFIX or max(map(len, runs)) >= MIN_RUN

    def condition(self, plate: InstrumentedAttribute[Any], key: InstrumentedAttribute[Any]) -> ColumnElement[bool]:
        """The query as SQL.

        Args:
            plate: a column of normalised plates, with a B-tree in byte order and trigrams.
            key: the column of their keys, with the same indexes.
        """
        if self.match is Match.EXACT:
            return plate == self.text
        if self.match is Match.WILDCARD:
            return plate.like(like_pattern(self.text))
        wanted = plate_key(self.text)
        if self.max_edits == 0:
            return key == wanted
        # The operator finds candidates by their trigrams, as many as `similarity_threshold` lets pass.
        return key.bool_op("%%")(wanted) & (func.levenshtein_less_equal(key, wanted, self.max_edits) <= self.max_edits)

    @property
    def similarity_threshold(self) -> float:
        """At most the least trigram similarity that a plate within `max_edits` of this one can have.

        A substitution, the worst edit, changes at most three trigrams on either side. So of t distinct ones, t - 3k
        are left in common, of t + 3k in all. A repeated trigram is counted once, as pg_trgm does. A database in the C
        locale knows no letters but ASCII's and takes others for spaces; one in another locale finds more trigrams, so
        ASCII's alone give a bound that holds for both.
        """
        words = re.findall(r"[0-9A-Z]+", plate_key(self.text))
        trigrams = {f"  {word} "[i : i + 3] for word in words for i in range(len(word) + 1)}
        lost = 3 * self.max_edits
        # pg_trgm computes in single precision.
        return max(len(trigrams) - lost, 1) / (len(trigrams) + lost) - 0.001

    def matched(self, plate: str) -> Matched | None:
        """Tell how a plate matches, by the closest way; None if it does not."""
        if plate == self.text:
            return Matched(How.EXACT)
        if self.match is Match.WILDCARD:
            # At most 16 characters on either side, so backtracking has nowhere to go.
            pattern = self.text.replace("?", ".").replace("*", ".*")
            return Matched(How.WILDCARD) if re.fullmatch(pattern, plate) else None
        if self.match is Match.EXACT:
            return None
        distance = edit_distance(plate_key(plate), plate_key(self.text))
        if distance == 0:
            return Matched(How.CONFUSABLE)
        return Matched(How.EDIT, distance) if distance <= self.max_edits else None


def parse(text: str, match: Match | None = None, *, max_edits: int | None = None) -> PlateQuery:
    """Check and normalise what was typed.

    Args:
        text: a plate with or without separators, or a pattern with `?` for one character and `*` for any run.
        match: how to compare; by default as a pattern if there is a wildcard in it, else exactly.
        max_edits: for a fuzzy comparison, 0-2 edits; by default 1.

    Raises:
        Unprocessable: it cannot be a plate or a pattern, or not one of that kind; says why.
    """
    _check_characters(text)
    wildcard = is_wildcard(text)
    match = match or (Match.WILDCARD if wildcard else Match.EXACT)
    if wildcard and match is not Match.WILDCARD:
        raise _refusal(f"With match={match}, a plate has no wildcards; leave match out.")
    if max_edits is not None and match is not Match.FUZZY:
        raise Unprocessable(
            "max_edits is for a fuzzy search; add match=fuzzy.", errors=[{"pointer": "/query/max_edits"}]
        )
    normalised = normalize_pattern(text) if match is Match.WILDCARD else normalize(text)
    if not normalised.strip("?*"):
        raise _refusal("A plate needs at least one letter or digit.")
    if len(normalised) > MAX_PLATE_LENGTH:
        raise _refusal(f"A plate has at most {MAX_PLATE_LENGTH} characters.")
    if match is not Match.FUZZY:
        return PlateQuery(match, normalised)
    edits = 1 if max_edits is None else max_edits
    needed = _MIN_FUZZY if edits < 2 else _MIN_FUZZY_TWO
    if len(normalised) < needed:
        raise _refusal(f"A fuzzy search with up to {edits} wrong characters takes a plate of {needed} or more.")
    return PlateQuery(match, normalised, edits)


def _check_characters(text: str) -> None:
    if _REGEX.search(text):
        raise _refusal(
            "This looks like a regular expression, which is not searched for. "
            "Use ? for one character and * for any number of characters, such as B?72*."
        )
    strange = [c for c in stray_characters(text) if c not in "?*"]
    if strange:
        raise _refusal(f"No plate has the character {strange[0]!r}; leave it out.")


def _refusal(why: str) -> Unprocessable:
    return Unprocessable(why, errors=[{"pointer": "/query/plate", "detail": why}])
