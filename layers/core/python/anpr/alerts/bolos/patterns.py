"""Wanted plates as patterns: check what people write, compile it, and tell how a read matches. Pure functions, no I/O.

Regular expressions are RE2's, whose time to match grows with the text alone, so no pattern can stall a worker. They are
matched whole, without regard to case, against normalised plates.
"""

import random
import string
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final

import re2

from anpr.errors import Unprocessable
from anpr.models import BoloKind, Event, MatchedBy, ReviewStatus, Tolerance
from anpr.plates import (
    CONFUSABLES,
    MAX_PLATE_LENGTH,
    edit_distance,
    is_wildcard,
    normalize,
    normalize_pattern,
    plate_key,
    refuse_stray,
)
from anpr.regions import checked_region, contradict

MAX_REGEX_LENGTH: Final = 200
MAX_COMPILED_BYTES: Final = 1 << 18
"""Memory that one pattern may ask for: enough for any plate format, too little for `((A{1000}){1000})`."""

BROAD_SHARE: Final = 0.05
"""A pattern that matches more than this share of dissimilar plates is taken for a mistake until confirmed."""

_SURE_REGION: Final = 0.5
"""Below this score, where the machine thinks a plate is from is a guess, and no difference to speak of."""

_UNKNOWN: Final = "?"

_PATTERN: Final = "/pattern"
"""Where in a request an entry's plate or pattern stands."""


@dataclass(frozen=True, slots=True)
class PlatePattern:
    """What one entry looks for.

    Attributes:
        kind: how `pattern` is to be understood.
        pattern: the normalised plate or wildcard pattern; a regular expression as it was written.
        tolerance: which misreads are forgiven.
        region: the plate's country or state, such as `gb` or `us-ca`; None for any.
    """

    kind: BoloKind
    pattern: str
    tolerance: Tolerance = Tolerance.NONE
    region: str | None = None


@dataclass(frozen=True, slots=True)
class Read:
    """What is known of a passage's plate.

    Attributes:
        plate: the normalised plate; `?` stands for a character that is unsure.
        readable: False where the read is too unsure to be taken for a plate.
        candidates: the likeliest other readings.
        region: where the plate is from, if that is known well enough.
        certain: a person vouches for the plate, so no misread is to be forgiven.
        region_certain: a person said where it is from. A machine often names a wrong country, so its word rules out
            nothing.
    """

    plate: str
    readable: bool = True
    candidates: tuple[str, ...] = ()
    region: str | None = None
    certain: bool = False
    region_certain: bool = False


def read_of(event: Event) -> Read | None:
    """What people and machine together know of a passage's plate; None where a person rejected it.

    A verdict vouches for the plate. For the region it vouches only where it names one: who confirms a plate has looked
    at its characters, and no passage may be taken off a list because nobody thought of the country.
    """
    plate, region = event.effective_plate, known_region(event)
    if plate is None:
        return None
    if event.review_status is not ReviewStatus.UNREVIEWED:
        return Read(plate, region=region, certain=True, region_certain=event.reviewed_region_code is not None)
    return Read(
        plate,
        readable=event.readable,
        candidates=tuple(str(candidate["plate"]) for candidate in event.candidates),
        region=region,
    )


def known_region(event: Event) -> str | None:
    """Where a passage's plate is from: as a person said, or else as the machine is sure enough of."""
    if event.reviewed_region_code is not None:
        return event.reviewed_region_code
    sure = event.region_score is not None and event.region_score >= _SURE_REGION
    return event.region_code if sure else None


def parse_pattern(text: str, *, kind: BoloKind | None, tolerance: Tolerance, region: str | None) -> PlatePattern:
    """Check and normalise what somebody wrote.

    Args:
        text: a plate or pattern, with separators and in any case.
        kind: how to understand it; None takes a text with `?` or `*` for a wildcard pattern and any other for a plate.
        tolerance: which misreads to forgive.
        region: country or state code; None for any.

    Raises:
        Unprocessable: with what is wrong, in words, and a pointer to the field of an entry that it is wrong with.
    """
    kind = kind or (BoloKind.WILDCARD if is_wildcard(text) else BoloKind.EXACT)
    if kind is BoloKind.EXACT:
        pattern = _checked_plate(text)
    elif kind is BoloKind.WILDCARD:
        pattern = _checked_wildcard(text)
    else:
        pattern = text.strip()
    if kind is BoloKind.REGEX and tolerance is not Tolerance.NONE:
        raise _refusal(
            "A regular expression states itself what it forgives; leave its tolerance at none.", "/tolerance"
        )
    if kind is BoloKind.WILDCARD and tolerance is Tolerance.ONE_EDIT:
        raise _refusal(
            "Only an exact plate can forgive one edit; a wildcard pattern forgives confusables or none.", "/tolerance"
        )
    plate_pattern = PlatePattern(kind, pattern, tolerance, checked_region(region, pointer="/region"))
    if kind is not BoloKind.EXACT:
        _refuse_uncompilable(plate_pattern)
    return plate_pattern


def _refusal(detail: str, pointer: str = _PATTERN) -> Unprocessable:
    return Unprocessable(detail, errors=[{"pointer": pointer, "detail": detail}])


def _checked_plate(text: str) -> str:
    if is_wildcard(text):
        raise _refusal("An exact plate has no ? or *; say kind wildcard for a pattern.")
    plate = normalize(text)
    if not 2 <= len(plate) <= MAX_PLATE_LENGTH:
        raise _refusal(f"A plate has 2 to {MAX_PLATE_LENGTH} letters and digits; {text[:40]!r} has {len(plate)}.")
    refuse_stray(text, pointer=_PATTERN)
    return plate


def _checked_wildcard(text: str) -> str:
    pattern = normalize_pattern(text)
    if len(pattern) > 2 * MAX_PLATE_LENGTH:
        raise _refusal(f"A wildcard pattern has at most {2 * MAX_PLATE_LENGTH} characters.")
    if not pattern.strip("*"):
        raise _refusal("A wildcard pattern needs at least one letter, digit or ?.")
    refuse_stray(text, pointer=_PATTERN)
    return pattern


def _refuse_uncompilable(plate_pattern: PlatePattern) -> None:
    if not plate_pattern.pattern:
        raise _refusal("The pattern is empty.")
    if len(plate_pattern.pattern) > MAX_REGEX_LENGTH:
        raise _refusal(f"A regular expression has at most {MAX_REGEX_LENGTH} characters.")
    if "\x00" in plate_pattern.pattern:
        raise _refusal("The pattern contains a NUL character.")
    try:
        program = _compiled(expression(plate_pattern))
    except re2.error as error:
        said = error.args[0] if error.args else ""
        reason = said.decode(errors="replace") if isinstance(said, bytes) else str(said)
        raise _refusal(f"This is no regular expression that RE2 takes: {reason}.") from error
    if program.fullmatch(""):
        raise _refusal("The pattern matches even an empty text; ask for at least one character.")


def breadth(plate_pattern: PlatePattern) -> float:
    """The share of a fixed sample of dissimilar plates that an entry matches, 0-1."""
    if plate_pattern.kind is BoloKind.EXACT:
        return 0.0
    sample = _sample()
    program = _compiled(expression(plate_pattern))
    return sum(1 for plate in sample if program.fullmatch(plate)) / len(sample)


@lru_cache(maxsize=1)
def _sample() -> tuple[str, ...]:
    """Plates of many countries' shapes, always the same ones."""
    chance = random.Random(20)  # noqa: S311 - not for security
    drawn = {"L": "ABCDEFGHJKLMNPRSTUVWXYZ", "D": "0123456789"}
    shapes = (
        "LLDDLLL",
        "LDDDLLL",
        "DLLLDDD",
        "LLDDDLL",
        "DDLDDDDD",
        "LLLDDDD",
        "LLDDDD",
        "DDDDLLL",
        "LLDDLLDDDD",
        "DDDDDD",
    )
    return tuple("".join(chance.choice(drawn[c]) for c in shapes[i % len(shapes)]) for i in range(400))


def options(max_mem: int) -> re2.Options:
    """RE2's options for every pattern: whole plates, any case, no captures, nothing printed to stderr."""
    chosen = re2.Options()
    chosen.max_mem = max_mem
    chosen.case_sensitive = False
    chosen.never_capture = True
    chosen.log_errors = False
    return chosen


@lru_cache(maxsize=1024)
def _compiled(source: str) -> Any:
    return re2.compile(source, options(MAX_COMPILED_BYTES))


def expression(plate_pattern: PlatePattern) -> str:
    """The RE2 expression of a wildcard or regex entry, the look-alikes of its characters included where forgiven."""
    if plate_pattern.kind is BoloKind.REGEX:
        return plate_pattern.pattern
    tolerant = plate_pattern.tolerance is not Tolerance.NONE
    return "".join(_expression_of(character, tolerant=tolerant) for character in plate_pattern.pattern)


def _expression_of(character: str, *, tolerant: bool) -> str:
    # A wildcard stands for any character, thus for one that could not be read too.
    if character in "?*":
        return "." if character == "?" else ".*"
    alike = _look_alikes(character) if tolerant else character
    return f"[{alike}]" if len(alike) > 1 else str(re2.escape(character))


def _look_alikes(character: str) -> str:
    shared = CONFUSABLES.get(character, character)
    return "".join(sorted({shared, character, *(c for c, folded in CONFUSABLES.items() if folded == shared)}))


def edit_variants(plate: str) -> list[str]:
    """The plate and what is left of it after each single deletion.

    Two plates that are one edit apart always share a variant, so an index on variants finds all of them. Some that
    share one are two edits apart: whoever looks up must check. (The method is Garbe's symmetric delete.)
    """
    return sorted({plate, *(plate[:i] + plate[i + 1 :] for i in range(len(plate)))})


def misspellings(plate: str) -> list[str]:
    """The plate and every text of the machine's characters that is one edit away from it."""
    letters = string.ascii_uppercase + string.digits + _UNKNOWN
    shorter = {plate[:i] + plate[i + 1 :] for i in range(len(plate))}
    other = {plate[:i] + c + plate[i + 1 :] for i in range(len(plate)) for c in letters}
    longer = {plate[:i] + c + plate[i:] for i in range(len(plate) + 1) for c in letters}
    return sorted({plate, *shorter, *other, *longer})


def matched_by(plate_pattern: PlatePattern, read: Read) -> MatchedBy | None:
    """Tell how a read matches an entry.

    An unreadable passage's text is a guess. It can raise a hit only for an entry that forgives misreads, and no
    wildcard or regex matches it: a pattern that forgives a guess matches half the traffic.

    The region rules a read out only where a person said it; see `region_differs` for what the machine says.

    Returns:
        The surest way that holds; None where the read does not match.
    """
    if read.region_certain and region_differs(plate_pattern, read):
        return None
    if plate_pattern.kind is BoloKind.EXACT:
        return _exactly_matched_by(plate_pattern, read)
    if not read.readable:
        return None
    strict = PlatePattern(plate_pattern.kind, plate_pattern.pattern)
    if _compiled(expression(strict)).fullmatch(read.plate):
        return MatchedBy(plate_pattern.kind.value)
    forgiving = plate_pattern.tolerance is not Tolerance.NONE and not read.certain
    if forgiving and _compiled(expression(plate_pattern)).fullmatch(read.plate):
        return MatchedBy.CONFUSABLE
    return None


def _exactly_matched_by(plate_pattern: PlatePattern, read: Read) -> MatchedBy | None:
    if read.plate == plate_pattern.pattern and read.readable:
        return MatchedBy.EXACT
    if plate_pattern.tolerance is Tolerance.NONE or read.certain:
        return None
    if read.plate == plate_pattern.pattern or plate_pattern.pattern in read.candidates:
        return MatchedBy.CANDIDATE
    # An unsure character is no look-alike of anything.
    if _UNKNOWN not in read.plate and plate_key(read.plate) == plate_key(plate_pattern.pattern):
        return MatchedBy.CONFUSABLE
    if plate_pattern.tolerance is Tolerance.ONE_EDIT and edit_distance(read.plate, plate_pattern.pattern) <= 1:
        return MatchedBy.ONE_EDIT
    return None


def region_differs(plate_pattern: PlatePattern, read: Read) -> bool:
    """Whether an entry wants a plate of another region than the read is of."""
    return contradict(plate_pattern.region, read.region)
