"""Where a plate is from: what the reader sees of its design, how its text is composed, and where the camera stands.

Regions are ISO 3166-1 alpha-2 country codes in lower case.
"""

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from gpu_worker.vision.recognition import formats

_UNLIKE_LAYOUT = 0.05
"""How much likelier a known layout is than any other text: personalised plates, and layouts missing in the table."""

_NO_LAYOUT_KNOWN = 0.3

_HINTED = 10.0
"""How much likelier a plate is from where the camera stands than from any one other country."""

_LEAST = 0.5
_FLOOR = 1e-4  # one picture cannot rule a country out


@dataclass(frozen=True, slots=True)
class Region:
    """Where a plate seems to be from.

    Attributes:
        code: of the country.
        score: its probability, 0 to 1.
    """

    code: str
    score: float


def country(code: str) -> str:
    """Return the country of a region's code: `us` of `us-ca`, in lower case."""
    return code.strip().lower().partition("-")[0]


def pooled(seen: Iterable[tuple[Mapping[str, float], float]]) -> dict[str, float]:
    """Join what several pictures of one plate say of its country.

    Args:
        seen: each picture's probabilities by country, empty if its reader says nothing, and its weight.

    Returns:
        Their weighted geometric mean, summing to 1; empty if no picture says anything.
    """
    telling = [(probabilities, weight) for probabilities, weight in seen if probabilities]
    total = sum(weight for _, weight in telling)
    codes = sorted(set().union(*(probabilities for probabilities, _ in telling)))
    means = {
        code: math.exp(sum(w * math.log(max(p.get(code, 0.0), _FLOOR)) for p, w in telling) / total) for code in codes
    }
    norm = sum(means.values())
    return {code: mean / norm for code, mean in means.items()}


def region_of(text: str, seen: Mapping[str, float], hint: frozenset[str]) -> Region | None:
    """Name the country of a plate.

    Args:
        text: normalised.
        seen: probabilities by country from its pictures; empty where the reader does not tell.
        hint: countries that most plates before this camera are from; may be empty.

    Returns:
        The likeliest country, if it is likelier than all others together.
    """
    known, matching = formats.known_regions(), set(formats.regions_of(text))
    if not matching and not seen:
        return None
    prior = seen or dict.fromkeys(known, 1.0)
    beliefs = {
        code: probability
        * (1.0 if code in matching else _UNLIKE_LAYOUT if code in known else _NO_LAYOUT_KNOWN)
        * (_HINTED if code in hint else 1.0)
        for code, probability in prior.items()
    }
    best = max(sorted(beliefs), key=beliefs.__getitem__)
    score = beliefs[best] / sum(beliefs.values())
    return Region(best, round(score, 4)) if score >= _LEAST else None
