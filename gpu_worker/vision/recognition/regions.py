"""Where a plate is from: what the reader sees of its design, how its text is composed, and where the camera stands.

Regions are ISO 3166-1 alpha-2 country codes in lower case.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np

from gpu_worker.vision.recognition import formats

_SURE = 0.92
"""Least probability of a country that is named; measured, 19 of 20 such are right (docs/benchmarks.md)."""
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
    if not telling:
        return {}
    codes = sorted(set().union(*(probabilities for probabilities, _ in telling)))
    looks = np.array([[probabilities.get(code, 0.0) for code in codes] for probabilities, _ in telling])
    weights = np.array([weight for _, weight in telling])
    means = np.exp(weights @ np.log(np.maximum(looks, _FLOOR)) / weights.sum())
    return dict(zip(codes, (means / means.sum()).tolist(), strict=True))


def named(countries: Mapping[str, float]) -> Region | None:
    """Name the country of a plate where it is sure enough to be right 19 times of 20.

    Args:
        countries: probabilities by country, `formats.ELSEWHERE` for those that are not in the catalogue.
    """
    best = max(sorted(countries), key=countries.__getitem__, default=formats.ELSEWHERE)
    if best == formats.ELSEWHERE or countries[best] < _SURE:
        return None
    return Region(best, round(countries[best], 4))
