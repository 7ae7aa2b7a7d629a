"""What is expected of the plates before one camera: how likely each text and each country is before it is seen.

The world's traffic is where it begins; a plate's looks, where the camera stands and what it saw before move it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache

import numpy as np

from gpu_worker.vision.recognition import formats
from gpu_worker.vision.recognition.formats import Probabilities
from gpu_worker.vision.recognition.layouts import shape_of
from gpu_worker.vision.recognition.regions import country

_HINTED = 10.0
"""How much likelier a plate is from where the camera stands than from any one other country."""

_TRUST_IN_LOOKS = 0.7
"""Power of the likelihood ratio that a plate's looks give: a network trained on drawn plates is too sure of them."""

_LEAST_RATIO = 1e-3  # one picture cannot rule a country out
_TINY = 1e-300  # keeps logarithms finite

_BACK_OFF = 20.0
"""Plates that a camera must have seen before its own mix counts as much as the world's."""


@dataclass(frozen=True, slots=True)
class CameraPrior:
    """What a camera's plates are expected to be.

    Attributes:
        hint: countries that most plates before this camera are from; may be empty.
        shapes: how many plates of each shape (`LLDDLLL`) it saw that were beyond doubt.
        countries: how many of each country.
    """

    hint: frozenset[str] = frozenset()
    shapes: Mapping[str, float] = field(default_factory=dict)
    countries: Mapping[str, float] = field(default_factory=dict)

    def joint(self, texts: Sequence[str], looks: Mapping[str, float]) -> Probabilities:
        """Compute how likely a plate before this camera is to be of each country and to say each text.

        Args:
            texts: normalised.
            looks: probabilities by country from the plate's pictures; empty where the reader does not tell.

        Returns:
            (countries, texts) probabilities, in the order of `formats.Catalogue.countries`.
        """
        likely = self._countries(looks)[:, np.newaxis] * formats.load().given_country(texts)
        if self.shapes:
            likely = likely * np.array([self._ratio(shape_of(text)) for text in texts])
        return np.asarray(np.maximum(likely, _TINY))

    def _countries(self, looks: Mapping[str, float]) -> Probabilities:
        """Compute how likely each country is by a plate's looks, before it is read: (countries,), summing to 1."""
        weights = self.before_looks()
        if looks:
            weights = weights * _looks_ratio(looks)
        return np.asarray(weights / weights.sum())

    def before_looks(self) -> Probabilities:
        """Compute how likely each country is before a plate is looked at: (countries,), summing to 1."""
        catalogue = formats.load()
        boost = np.array([_HINTED if code in self.hint else 1.0 for code in catalogue.countries])
        weights = catalogue.traffic * boost
        weights /= weights.sum()
        seen = np.array([self.countries.get(code, 0.0) for code in catalogue.countries])
        return np.asarray((seen + _BACK_OFF * weights) / (seen.sum() + _BACK_OFF))

    def _ratio(self, shape: str) -> float:
        """How much commoner a shape is before this camera than the countries that it sees make it."""
        expected = float(self.before_looks() @ formats.load().shape_given_country(shape))
        total = sum(self.shapes.values())
        return (self.shapes.get(shape, 0.0) / max(expected, _TINY) + _BACK_OFF) / (total + _BACK_OFF)


WORLD = CameraPrior()
"""A camera of which nothing is known."""


@cache
def _trained() -> Mapping[str, float]:
    """Share of each country among the drawn plates that the reader learnt looks from."""
    regions = formats.tables()["regions"]
    drawn = [(code, entry) for code, entry in regions.items() if formats.is_drawn(code, entry)]
    shares: dict[str, float] = {}
    for code, entry in drawn:
        shares[country(code)] = shares.get(country(code), 0.0) + float(entry.get("weight", 1.0))
    total = sum(shares.values())
    return {code: share / total for code, share in shares.items()}


def _looks_ratio(looks: Mapping[str, float]) -> Probabilities:
    """Turn what a classifier says into likelihoods: (countries,), those it does not know neither up nor down."""
    trained = _trained()
    ratios = {c: max(p / trained[c], _LEAST_RATIO) ** _TRUST_IN_LOOKS for c, p in looks.items() if c in trained}
    unknown = float(np.median(list(ratios.values()))) if ratios else 1.0
    return np.array([ratios.get(code, unknown) for code in formats.load().countries])
