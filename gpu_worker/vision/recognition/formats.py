"""How plates of the world are composed: a soft prior that settles look-alikes, never a filter.

Each entry is a region (ISO 3166-1 alpha-2, lower case) and its commonest layouts: `L` a letter, `D` a digit, `?` after
a place makes it optional. Layouts are public knowledge (national registration rules); personalised plates match none
of them, which costs them nothing but the bonus.
"""

import re
from functools import cache

_LAYOUTS: dict[str, str] = {
    "ar": "LLLDDD LLDDDLL LDDDLLL",
    "at": "LL?DDDDL? LL?DDDLL LL?DDDDDL LL?DDLLL",
    "au": "LLLDDD LLLDDL LLDDLL DDDLLL DDDLLD DLLDLL DLLLDDD LDDDLLL",
    "be": "DLLLDDD LLLDDD DDDLLL",
    "bg": "LL?DDDDLL",
    "br": "LLLDDDD LLLDLDD",
    "ch": "LLDD?D?D?D?D?",
    "cl": "LLLLDD LLDDDD",
    "co": "LLLDDD LLLDDL",
    "cz": "DLDDDDD DLLDDDD",
    "de": "LL?L?L?L?DD?D?D?",
    "dk": "LLDDDDD",
    "ee": "DDDLLL",
    "es": "DDDDLLL LL?DDDDLL?",
    "fi": "LLLDDD LLLDD",
    "fr": "LLDDDLL DDDD?LLL?DD",
    "gb": "LLDDLLL LDD?D?LLL LLLDD?D?L LLLDDDD",
    "gr": "LLLDDDD",
    "hr": "LLDDDD?LL?",
    "hu": "LLLDDD LLLLDDD",
    "ie": "DDD?LL?DD?D?D?D?D?",
    "in": "LLDDLL?L?DDDD",
    "it": "LLDDDLL",
    "lt": "LLLDDD",
    "lv": "LLDDDD",
    "mx": "LLLDDDL LLLDDDD LDDLLL",
    "my": "LL?L?DD?D?D? LL?L?DD?D?D?L",
    "nl": "LLDDLL DDLLDD DDLLLL LLLLDD DDLLLD DLLLDD LLDDDL LDDDLL DLLDDD LLLDDL DDDLLD",
    "no": "LLDDDDD",
    "nz": "LLLDDD LLLDD LLDDDD",
    "pl": "LLL?DDDDD LLL?DDDDL LLL?DDDLL LLLLDDD LLLDDLL LLLLDDL",
    "pt": "LLDDLL DDLLDD DDDDLL LLDDDD",
    "ro": "LLDDLLL LDDD?LLL LDDDDDD",
    "rs": "LLDDDD?LL",
    "ru": "LDDDLLDDD?",
    "se": "LLLDDD LLLDDL",
    "sg": "LLL?DD?D?D?L",
    "si": "LLLLDDD LLDDLLL LLDDDLL",
    "sk": "LLDDDLL",
    "tr": "DDLL?L?DDD?D?",
    "ua": "LLDDDDLL",
    "us": "LLLDDDD DLLLDDD LLLDDD DDDLLL LLDLDL DDDDLLL LDDLLL LLLDDL LLLLDD LLDDDDD LDDDDDD DDLLLL DDDDDLD DLDDDDD"
    " DLLLDD DDLDLL DDDDLL LLDDDD LDDDDD DDDLLLD",
    "vn": "DDLDDDDD DDLDDDD DDLDDDDDD DDLLDDDD DDLLDDDDD",
    "za": "LLDDLLLL LLLDDDLL",
}
_CLASSES = {"L": "[A-Z]", "D": "[0-9]", "?": "?"}


@cache
def _patterns() -> dict[str, re.Pattern[str]]:
    """Compile one alternation a region; first use only, so that importing this module costs nothing."""
    compiled = {}
    for region, layouts in _LAYOUTS.items():
        alternatives = ("".join(_CLASSES[place] for place in layout) for layout in layouts.split())
        compiled[region] = re.compile("|".join(alternatives))
    return compiled


def known_regions() -> frozenset[str]:
    """Return the region codes that have layouts here."""
    return frozenset(_LAYOUTS)


def regions_of(plate: str) -> list[str]:
    """List the regions whose plates are composed like `plate` (normalised), in alphabetical order."""
    return [region for region, pattern in _patterns().items() if pattern.fullmatch(plate)]
