"""Codes of where plates are from: ISO 3166 countries such as `gb`, and their states such as `us-ca`.

People write them in either case, so there is one spelling: small letters, in the database and wherever two are
compared. Pure functions, no I/O.
"""

import re
from typing import Final

from anpr.errors import Unprocessable

REGION_PATTERN: Final = r"^[A-Za-z]{2}(-[A-Za-z0-9]{1,3})?$"
"""What a person may write for a region."""

# The one reserved code that people take for a country's own.
_ALIASES: Final = {"uk": "gb"}


def normalize_region(text: str | None) -> str | None:
    """The one spelling of a region's code; None for none."""
    lowered = (text or "").strip().lower()
    country, dash, state = lowered.partition("-")
    return f"{_ALIASES.get(country, country)}{dash}{state}" or None


def checked_region(text: str | None, *, pointer: str | None = None) -> str | None:
    """Normalise what a person wrote.

    Args:
        text: as typed; None or nothing for no region.
        pointer: where in the request it is.

    Raises:
        Unprocessable: it is no region's code.
    """
    normal = normalize_region(text)
    if normal is not None and re.match(REGION_PATTERN, normal) is None:
        why = f"A region is a country's or state's code, such as gb or us-ca, not {(text or '')[:40]!r}."
        where = {} if pointer is None else {"errors": [{"pointer": pointer, "detail": why}]}
        raise Unprocessable(why, **where)
    return normal


def contradict(one: str | None, other: str | None) -> bool:
    """Whether a plate cannot be of both regions: `us` and `us-ca` go together, `us-ca` and `us-ny` do not.

    What is unknown contradicts nothing, and neither does what is no code.
    """
    ours, theirs = normalize_region(one), normalize_region(other)
    if ours is None or theirs is None or not all(re.match(REGION_PATTERN, code) for code in (ours, theirs)):
        return False
    return any(a != b for a, b in zip(ours.split("-"), theirs.split("-"), strict=False))
