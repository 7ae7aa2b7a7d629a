"""What a camera's familiar plates tell of those to come: empirical Bayes, with the world to fall back on.

Only plates that are beyond doubt may be learnt from. What the prior decided would confirm itself: a camera would come
to read every plate as one that it knows.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from gpu_worker.vision.recognition import formats
from gpu_worker.vision.recognition.formats import Probabilities
from gpu_worker.vision.recognition.layouts import shape_of
from gpu_worker.vision.recognition.prior import CameraPrior
from gpu_worker.vision.recognition.regions import country

_HALF_LIFE = 100
"""Plates after which one counts half: a camera that is moved, or a road that is closed, changes what it sees."""

_DOUBTFUL_DIGITS, _DOUBTFUL_LETTERS = 2 / 10, 2 / 26
"""Shares of characters that look like one of the other kind: a plate with 0, 1, O or I is never beyond doubt. Shapes of
many digits would be learnt too seldom if those that remain did not count for them."""

_ROUNDS = 4


@dataclass(frozen=True, slots=True)
class KnownPlate:
    """A plate that is beyond doubt.

    Attributes:
        plate: normalised.
        region: code of where it is from, if a person said so.
    """

    plate: str
    region: str | None = None


def learnt(hint: frozenset[str], plates: Sequence[KnownPlate]) -> CameraPrior:
    """Make the prior of a camera from what it saw.

    Args:
        hint: countries that most plates before it are from, as somebody said; may be empty.
        plates: those that it saw and that are beyond doubt, the latest first.
    """
    weights = [0.5 ** (i / _HALF_LIFE) for i in range(len(plates))]
    shapes: dict[str, float] = defaultdict(float)
    for known, weight in zip(plates, weights, strict=True):
        shape = shape_of(known.plate)
        seen = (1 - _DOUBTFUL_DIGITS) ** shape.count("D") * (1 - _DOUBTFUL_LETTERS) ** shape.count("L")
        shapes[shape] += weight / seen
    return CameraPrior(hint, dict(shapes), _countries(hint, plates, weights))


def _countries(hint: frozenset[str], plates: Sequence[KnownPlate], weights: Sequence[float]) -> dict[str, float]:
    """Count plates by country; one of which nobody said where it is from is shared out by its text.

    The shares depend on how common each country is here, which is what is counted: some rounds of expectation and
    maximisation settle that.
    """
    if not plates:
        return {}
    codes = formats.load().countries
    likely = np.stack([_likelihoods(known) for known in plates], axis=1)
    counts: dict[str, float] = {}
    for _ in range(_ROUNDS):
        shares = CameraPrior(hint, countries=counts).before_looks()[:, np.newaxis] * likely
        shares /= np.maximum(shares.sum(axis=0), np.finfo(np.float64).tiny)
        counts = dict(zip(codes, (shares @ np.array(weights)).tolist(), strict=True))
    return counts


def _likelihoods(known: KnownPlate) -> Probabilities:
    catalogue = formats.load()
    if known.region is not None and country(known.region) in catalogue.countries:
        return np.array([float(code == country(known.region)) for code in catalogue.countries])
    return np.asarray(catalogue.given_country([known.plate])[:, 0])
