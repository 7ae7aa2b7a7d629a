"""What spreadsheets and databases make of plates: told apart from plates, by the cell's text alone. Pure functions.

A spreadsheet takes `12E5` for a number and `1 MAR` for a day, and what it writes then is no plate any more; the plate
that it was can often not be told. Such a cell is refused with the reason. A cell that may be either is taken, and said.
"""

import re
from datetime import date
from typing import Final

from anpr.plates import normalize

_ERROR: Final = re.compile(r"#[^\s#]+[!?]?|#+")
_FORMULA: Final = re.compile(r"[=+@].*", re.DOTALL)
_NOTHING: Final = re.compile(
    r"true|false|wahr|falsch|vrai|faux|null|none|nan|nil|undefined|n/a|na|inf|nat|<na>", re.IGNORECASE
)
_NUMBER: Final = re.compile(r"[+-]?\d+[.,]0+|[+-]?\d+[.,]\d+E[+-]?\d+|[+-]?\d+E[+-]\d+", re.IGNORECASE)
_GROUPED: Final = re.compile(r"[+-]?\d+([.,]\d+)+")
_TIME: Final = re.compile(r"\d{1,2}:\d{2}(:\d{2})?([.,]\d+)?( ?[AP]M)?", re.IGNORECASE)
_DAY: Final = re.compile(r"(\d{1,4})([-./])(\d{1,2})\2(\d{1,4})([ T]\d{1,2}:\d{2}.*)?", re.IGNORECASE)
# As the spreadsheets of the commonest languages cut them, and whole in English.
_MONTH: Final = (
    r"(?:jan(?:uary|v)?|feb(?:ruary)?|févr|mar(?:ch|s)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?"
    r"|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?|jän|mär|mrz|mai|okt|dez|avr|juin|juil|août|déc|ene|abr|ago|dic"
    r"|gen|mag|giu|lug|set|ott|fev|out|maa|mrt|mei|ian|iun|iul|noi|sty|lut|kwi|maj|cze|lip|sie|wrz|paź|lis|gru)"
)
_DAY_OF_MONTH: Final = re.compile(rf"\d{{1,2}}([-. /]+){_MONTH}\.?(?:[-. /]+(?:\d{{4}}|\d{{2}}))?", re.IGNORECASE)
_MONTH_FIRST: Final = re.compile(rf"{_MONTH}\.?([-. /]+)(?:\d{{1,2}}|\d{{4}})(?:, ?\d{{4}})?", re.IGNORECASE)
_ASCII: Final = re.compile(r"[A-Z0-9]*")


def why_no_plate(cell: str) -> str | None:
    """Say why a cell is plainly no plate and no pattern; None where it may be one."""
    shown = repr(cell[:40])
    if is_error(cell) or _FORMULA.fullmatch(cell):
        return f"{shown} is a spreadsheet's error or formula, and no plate."
    if _NOTHING.fullmatch(cell):
        return f"{shown} stands for a missing value or for yes or no; if it is a plate, add it by the API."
    if _NUMBER.fullmatch(cell):
        return f"{shown} is a number that a spreadsheet made of a plate; format the column as text and enter it anew."
    # In capitals, a month's name is a part of plates of many a country.
    if _TIME.fullmatch(cell) or _is_day(cell) or (_names_month(cell) and not cell.isupper()):
        return f"{shown} is a day or time that a spreadsheet made of a plate; if it is a plate, leave - . / : out."
    if not normalize(cell) and "??" not in cell:
        return f"The plate is missing: {shown} has no letters and digits."
    return None


def is_error(cell: str) -> bool:
    """Whether a cell is what a spreadsheet writes where a formula failed or a column was too narrow."""
    return _ERROR.fullmatch(cell) is not None


def doubt(cell: str, plate: str) -> str | None:
    """Say what is unsure of a cell that is taken for a plate; None where nothing is.

    Args:
        cell: as it is in the file.
        plate: what was made of it, normalised.
    """
    if _GROUPED.fullmatch(cell):
        return f"{cell[:40]!r} may be a number; it was taken for the plate {plate}."
    if _is_day(cell, short_years=True) or _names_month(cell):
        return f"{cell[:40]!r} may be a day; it was taken for the plate {plate}."
    if any(c in plate for c in "?*"):
        return f"{cell[:40]!r} was taken for a pattern; say so in a column kind if it is one."
    if not _ASCII.fullmatch(plate):
        return f"{plate} has characters that the readers do not know; only a plate that a person typed matches it."
    return None


def _is_day(cell: str, *, short_years: bool = False) -> bool:
    """Whether three numbers are a day; one whose year has two digits may as well be a plate."""
    found = _DAY.fullmatch(cell)
    if found is None:
        return False
    one, two, three = int(found[1]), int(found[3]), int(found[4])
    if len(found[1]) == 4:
        return _exists(one, two, three)
    if len(found[4]) != 4:
        three += 2000
        if not short_years and found[5] is None:
            return False
    return _exists(three, two, one) or _exists(three, one, two)


def _exists(year: int, month: int, day: int) -> bool:
    try:
        date(year, month, day)
    except ValueError:
        return False
    return True


def _names_month(cell: str) -> bool:
    """Whether a month's name and a number are joined as in a spreadsheet; `34 mar 24` is how a plate is written."""
    found = _DAY_OF_MONTH.fullmatch(cell) or _MONTH_FIRST.fullmatch(cell)
    return found is not None and found[1].strip() != ""
