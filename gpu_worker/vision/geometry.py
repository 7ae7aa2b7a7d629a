"""Axis-aligned boxes in pixels, and the array type of an image."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Image = NDArray[np.uint8]
"""A picture: (height, width, 3), uint8, channels in BGR order, as OpenCV and the decoders here give it."""


@dataclass(frozen=True, slots=True)
class BoundingBox:
    """An axis-aligned rectangle in pixels of the full frame; `xmax` and `ymax` lie just outside it.

    Attributes:
        xmin: left edge.
        ymin: top edge.
        xmax: right edge.
        ymax: bottom edge.
    """

    xmin: float
    ymin: float
    xmax: float
    ymax: float

    @property
    def width(self) -> float:
        return self.xmax - self.xmin

    @property
    def height(self) -> float:
        return self.ymax - self.ymin

    @property
    def area(self) -> float:
        return max(0.0, self.width) * max(0.0, self.height)

    @property
    def center(self) -> tuple[float, float]:
        return (self.xmin + self.xmax) / 2, (self.ymin + self.ymax) / 2

    def intersection(self, other: "BoundingBox") -> float:
        """Return the area in px² that both boxes cover."""
        width = min(self.xmax, other.xmax) - max(self.xmin, other.xmin)
        height = min(self.ymax, other.ymax) - max(self.ymin, other.ymin)
        return max(0.0, width) * max(0.0, height)

    def iou(self, other: "BoundingBox") -> float:
        """Return intersection over union, 0 for boxes that do not touch or have no area."""
        shared = self.intersection(other)
        union = self.area + other.area - shared
        return shared / union if union > 0 else 0.0

    def shifted(self, dx: float, dy: float) -> "BoundingBox":
        return BoundingBox(self.xmin + dx, self.ymin + dy, self.xmax + dx, self.ymax + dy)

    def scaled(self, factor: float) -> "BoundingBox":
        """Return the box about the same centre, with both sides `factor` times as long."""
        x, y = self.center
        half_width, half_height = self.width * factor / 2, self.height * factor / 2
        return BoundingBox(x - half_width, y - half_height, x + half_width, y + half_height)

    def clipped(self, width: int, height: int) -> "BoundingBox":
        """Return the part of the box inside a picture of `width` x `height` pixels."""
        return BoundingBox(
            min(max(self.xmin, 0.0), width),
            min(max(self.ymin, 0.0), height),
            min(max(self.xmax, 0.0), width),
            min(max(self.ymax, 0.0), height),
        )

    def as_array(self) -> NDArray[np.float64]:
        """Return (xmin, ymin, xmax, ymax), float64."""
        return np.array([self.xmin, self.ymin, self.xmax, self.ymax])
