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

from anpr.errors import Unprocessable

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
# Letters that decompose into no letter and mark, and those of other alphabets that look like Latin ones on a plate.
# Countries that write with them choose their plates' letters so that each has a Latin twin.
_TWINS = str.maketrans(
    "ØĐÐŁĦŦАВЕКМНОРСТУХІЈЅҮΑΒΕΖΗΙΚΜΝΟΡΤΥΧ",
    "ODDLHTABEKMHOPCTYXIJSYABEZHIKMNOPTYX",
)
_SEPARATORS: Final = frozenset("-.·•/:'`\u00b4\u2018\u2019")
_FOLD = str.maketrans(CONFUSABLES)
_WILDCARDS = "?*"


def normalize(text: str) -> str:
    """Reduce a plate as printed, typed or read to upper-case letters and digits.

    Compatibility forms are unified first (NFKC: full-width digits become ASCII), accents are dropped (``Ü`` is ``U`` to
    a reader and on a plate search keyboard), Cyrillic and Greek letters become the Latin ones that they look like, and
    digits of any script ASCII; then everything that is neither a letter nor a digit goes. No letter or digit is lost.

    Args:
        text: any string.

    Returns:
        The normalised plate; empty if nothing of a plate is in `text`.
    """
    decomposed = unicodedata.normalize("NFKD", text).upper().translate(_TWINS)
    if decomposed.isascii():
        return "".join(c for c in decomposed if c.isalnum())
    return "".join(str(unicodedata.decimal(c, c)) for c in decomposed if c.isalnum())


def stray_characters(text: str) -> list[str]:
    """List what is in a text that is neither of a plate nor between its parts, such as the mark of a lost letter.

    A plate that is typed with such a character most likely was another one before some program handled it.
    """
    unified = unicodedata.normalize("NFKD", text)
    return sorted({c for c in unified if not (c.isalnum() or c.isspace() or c in _SEPARATORS or _is_unseen(c))})


def refuse_stray(text: str, *, pointer: str | None = None) -> None:
    """Refuse a plate or pattern that has a character which would be dropped in silence.

    Args:
        text: as typed.
        pointer: where in the request it is.

    Raises:
        Unprocessable: it names the character.
    """
    stray = [c for c in stray_characters(text) if c not in _WILDCARDS]
    if stray:
        why = f"No plate has the character {stray[0]!r}; is the text as it was written?"
        where = {} if pointer is None else {"errors": [{"pointer": pointer, "detail": why}]}
        raise Unprocessable(why, **where)


def _is_unseen(character: str) -> bool:
    # Dashes of any length, accents, and what formats without being seen.
    return unicodedata.category(character) in {"Pd", "Mn", "Cf"}


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
