"""What a plate reader is."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np

from gpu_worker.vision.geometry import Image
from gpu_worker.vision.recognition import regions
from gpu_worker.vision.recognition.ctc import Posteriors


@dataclass(frozen=True, slots=True, eq=False)
class PlateText:
    """What one crop says.

    Attributes:
        raw: the likeliest text as printed, separators included; empty if nothing was read.
        text: the same, letters and digits only.
        confidences: one probability for each character of `text`.
        posteriors: (steps, 37) float32, see `gpu_worker.vision.recognition.ctc`; candidates and votes are made of them.
        countries: probability of each country by the plate's looks; empty where an engine does not tell.
    """

    raw: str
    text: str
    confidences: tuple[float, ...]
    posteriors: Posteriors
    countries: Mapping[str, float] = field(default_factory=dict)

    @property
    def score(self) -> float:
        """Mean confidence of the characters, 0 where nothing was read."""
        return sum(self.confidences) / len(self.confidences) if self.confidences else 0.0


def joined(upper: PlateText, lower: PlateText) -> PlateText:
    """Return the reads of a plate's two rows as one read, the upper row first."""
    gap = np.zeros((1, upper.posteriors.shape[1]), np.float32)
    gap[0, 0] = 1.0  # a blank: equal characters on either side stay two
    return PlateText(
        raw=f"{upper.raw} {lower.raw}".strip(),
        text=upper.text + lower.text,
        confidences=upper.confidences + lower.confidences,
        posteriors=np.concatenate([upper.posteriors, gap, lower.posteriors]),
        countries=regions.pooled([(upper.countries, 1.0), (lower.countries, 1.0)]),
    )


class Recognizer(Protocol):
    """Reads crops of plates. Implementations hold weights and a session, and keep no state between calls."""

    def read(self, crops: Sequence[Image]) -> list[PlateText]:
        """Read each crop.

        Args:
            crops: BGR uint8 arrays (height, width, 3) of one line of text each; sizes may differ.

        Returns:
            One result a crop, in the same order; empty text where nothing could be read.
        """
        ...
