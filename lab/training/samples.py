"""Training samples: a crop, the text in it, its region. Sample `i` of a seed is always the same."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from gpu_worker.vision.geometry import Image
from gpu_worker.vision.recognition.platenet import fit
from lab.training.camera import cut, photograph
from lab.training.fonts import GlyphSet
from lab.training.formats import Catalogue, Row, draw_number, number_text
from lab.training.plate import FlatPlate, render

_LONGEST = 10


@dataclass(frozen=True, slots=True)
class Sample:
    """One training sample.

    Attributes:
        crop: BGR uint8 of any size, as a detector would cut it.
        text: A-Z and 0-9 in the crop's number.
        region: index into the catalogue's regions.
    """

    crop: Image
    text: str
    region: int


@dataclass(frozen=True, slots=True)
class _Drawn:
    """A plate that is ready to be photographed."""

    flat: FlatPlate
    number: tuple[Row, ...]
    region: int


class PlateGenerator:
    """Draws plates of a catalogue with a set of glyphs.

    Args:
        catalogue: regions and faces.
        glyphs: masks of every face that the catalogue names.
        seed: of the whole stream of samples.
        photographs: of one drawn plate. Drawing it costs more than taking its picture, and no two pictures of it are
            alike; but what is to be learnt or measured by plates wants one of each.
    """

    def __init__(self, catalogue: Catalogue, glyphs: GlyphSet, seed: int, photographs: int = 3) -> None:
        self._catalogue = catalogue
        self._glyphs = glyphs
        self._seed = seed
        self._photographs = photographs
        weights = np.array([region.weight for region in catalogue.regions])
        self._thresholds = np.cumsum(weights / weights.sum())
        self._drawn: tuple[int, _Drawn] | None = None

    def sample(self, index: int) -> Sample:
        """Draw sample number `index`; as many neighbours as a plate has photographs show the same plate."""
        plate = self._plate(index // self._photographs)
        rng = np.random.default_rng((self._seed, 1, index))
        shot = photograph(plate.flat, rng)
        row = int(rng.integers(len(plate.number))) if len(plate.number) > 1 else None
        text = number_text(plate.number[row or 0])
        return Sample(cut(shot, row, rng), text[:_LONGEST], plate.region)

    def _plate(self, index: int) -> _Drawn:
        """Draw plate number `index`, unless it was the last one drawn."""
        if self._drawn is None or self._drawn[0] != index:
            rng = np.random.default_rng((self._seed, 0, index))
            number_of = min(int(np.searchsorted(self._thresholds, rng.random())), len(self._thresholds) - 1)
            region = self._catalogue.regions[number_of]
            number = draw_number(region, rng)
            flat = render(region, number, (self._catalogue, self._glyphs), rng)
            self._drawn = index, _Drawn(flat, number, number_of)
        return self._drawn[1]

    def batch(self, start: int, count: int) -> tuple[NDArray[np.uint8], list[str], NDArray[np.int64]]:
        """Draw samples `start` to `start + count - 1` at the network's input size.

        Returns:
            Pictures (count, height, width, 3) BGR uint8, texts, region indices (count,).
        """
        samples = [self.sample(index) for index in range(start, start + count)]
        pictures = np.stack([fit(sample.crop) for sample in samples])
        return pictures, [sample.text for sample in samples], np.array([sample.region for sample in samples])
