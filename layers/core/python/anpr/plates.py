"""Number-plate text: normalising, folding look-alike characters, and search patterns. Pure functions, no I/O.

Three forms of one plate are used throughout:

* *raw*: as printed or as read, any case, with separators: ``b-172 waw``.
* *normalised*: letters and digits only, upper case: ``B172WAW``. What is stored as ``plate`` and shown.
* *key*: the normalised form with look-alikes folded together, so that ``O`` and ``0`` compare equal. What is stored as
  ``plate_key`` and indexed for exact search that forgives the commonest misreads.
"""

import re
import unicodedata
from typing import Final

MAX_PLATE_LENGTH: Final = 16
"""Longest normalised plate or pattern; the longest plates in use have 10 characters."""

# One table for the whole product. Each pair is a confusion that plate readers make in practice; a folding must map to
# one representative, so the classes are disjoint.
CONFUSABLES: Final[dict[str, str]] = {
    "O": "0",
    "Q": "0",
    "D": "0",
    "I": "1",
    "L": "1",
    "Z": "2",
    "S": "5",
    "G": "6",
    "B": "8",
}
_FOLD = str.maketrans(CONFUSABLES)
_WILDCARDS = "?*"


def normalize(text: str) -> str:
    """Reduce a plate as printed, typed or read to upper-case letters and digits.

    Compatibility forms are unified first (NFKC: full-width digits become ASCII), accents are dropped (``Ö`` is ``O`` on
    a plate search keyboard), then everything that is neither a letter nor a digit goes.

    Args:
        text: any string.

    Returns:
        The normalised plate; empty if nothing of a plate is in `text`.
    """
    decomposed = unicodedata.normalize("NFKD", text).upper()
    return "".join(c for c in decomposed if c.isalnum())


def plate_key(plate: str) -> str:
    """Fold the look-alike characters of a plate, so that ``B0B`` and ``8O8`` have one key.

    Args:
        plate: raw or normalised plate text.

    Returns:
        The key: normalised text with each character replaced by its class's representative.
    """
    return normalize(plate).translate(_FOLD)


def is_wildcard(pattern: str) -> bool:
    """Tell whether `pattern` has a ``?`` (one character) or ``*`` (any run of characters)."""
    return any(c in pattern for c in _WILDCARDS)


def normalize_pattern(pattern: str) -> str:
    """Normalise a wildcard pattern: like `normalize`, but ``?`` and ``*`` stay and runs of ``*`` become one."""
    parts = re.split(r"([?*])", pattern)
    kept = "".join(p if p in _WILDCARDS and p else normalize(p) for p in parts)
    return re.sub(r"\*{2,}", "*", kept)


def like_pattern(pattern: str) -> str:
    """Turn a wildcard pattern into a SQL LIKE pattern: ``?`` → ``_``, ``*`` → ``%``.

    A normalised pattern holds only letters, digits, ``?`` and ``*``, so nothing in it needs escaping.
    """
    return normalize_pattern(pattern).replace("?", "_").replace("*", "%")


def edit_distance(a: str, b: str) -> int:
    """Levenshtein distance: the least number of single-character insertions, deletions and substitutions."""
    row = list(range(len(b) + 1))
    for i, x in enumerate(a, 1):
        diagonal, row[0] = row[0], i
        for j, y in enumerate(b, 1):
            diagonal, row[j] = row[j], min(row[j] + 1, row[j - 1] + 1, diagonal + (x != y))
    return row[-1]
