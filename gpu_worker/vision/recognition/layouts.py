"""The language in which `formats.toml` says how a plate's number is composed. Pure functions, no I/O.

One string is one layout: `L` letter, `D` digit, `N` digit 1-9, `[..]` one of (with ranges: `[0-27]`), `(..)` just that,
`{..}` one of the named codes, such as those of a country's districts. Between them may stand what is printed and is no
part of the number: space a gap, `_` a thin one, `-` and `.` separators, `*` a seal or sticker, `/` a second row. ` @3`
at the end makes a layout three times as common as one without.
"""

import re
import string
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

_PART = re.compile(r"\[([A-Z0-9-]+)\]|\(([A-Z0-9]+)\)|\{([a-z0-9]+)\}|([LDN])|([ _*./-])")
_WEIGHT = re.compile(r" @(\d+)$")
_DIGITS = {"D": string.digits, "N": string.digits[1:]}


class LayoutError(ValueError):
    """A layout that is not of this language."""


@dataclass(frozen=True, slots=True)
class Part:
    """One part of a layout.

    Attributes:
        kind: `letter`, `digit`, `set`, `literal` or `code`, which are of the number; `mark`, which is not.
        choices: what it may be, each text as likely as the next; of a `mark` the one symbol.
    """

    kind: str
    choices: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Layout:
    """One layout.

    Attributes:
        parts: in the order of writing.
        weight: how common it is beside its country's others.
    """

    parts: tuple[Part, ...]
    weight: int


@cache
def _members(within: str) -> tuple[str, ...]:
    """List the characters of a bracket, ranges spelt out."""
    spelt = re.sub(r"(.)-(.)", lambda m: "".join(map(chr, range(ord(m[1]), ord(m[2]) + 1))), within)
    return tuple(spelt)


def parse(text: str, letters: str, codes: Mapping[str, tuple[str, ...]]) -> Layout:
    """Read one layout.

    Args:
        text: in the language of this module.
        letters: what `L` may be.
        codes: what a name in braces may be.

    Raises:
        LayoutError: if it is no layout, or names codes that there are not.
    """
    weighed = _WEIGHT.search(text)
    body = text[: weighed.start()] if weighed else text
    parts: list[Part] = []
    at = 0
    while at < len(body):
        found = _PART.match(body, at)
        if found is None:
            raise LayoutError(f"{text!r} is no layout: see what stands at character {at + 1}.")
        parts.append(_part(found, letters, codes, text))
        at = found.end()
    return Layout(tuple(parts), int(weighed[1]) if weighed else 1)


def _part(found: re.Match[str], letters: str, codes: Mapping[str, tuple[str, ...]], text: str) -> Part:
    within, literal, name, symbol, mark = found.groups()
    if within:
        return Part("set", _members(within))
    if literal:
        return Part("literal", (literal,))
    if name:
        if name not in codes:
            raise LayoutError(f"{text!r} names the codes {name!r}, and there are none of that name.")
        return Part("code", codes[name])
    if symbol == "L":
        return Part("letter", tuple(letters))
    return Part("digit", tuple(_DIGITS[symbol])) if symbol else Part("mark", (mark,))


def shape_of(text: str) -> str:
    """Write `L` for each letter and `D` for each digit of a normalised text."""
    return "".join("D" if c.isdigit() else "L" for c in text)
