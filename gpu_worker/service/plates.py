"""What the vision code says of a plate, as the rest of the backend takes it."""

from typing import Final

from anpr.capture.passages import PlateBox
from gpu_worker.vision.geometry import BoundingBox, Image
from gpu_worker.vision.recognition.rectify import cut
from gpu_worker.vision.recognition.regions import Region

_MARGIN: Final = 1.5
"""A picture's crop is this much larger than the plate's box, as a passage's is, to show its surroundings."""


def plate_crop(image: Image, box: BoundingBox) -> Image:
    """Cut a plate with its surroundings out of a picture.

    Args:
        image: BGR uint8 (height, width, 3).
        box: the plate's, px.
    """
    height, width = image.shape[:2]
    return cut(image, box.scaled(_MARGIN).clipped(width, height))


def plate_box(box: BoundingBox) -> PlateBox:
    """Return a box in the language's own numbers: JSON and the database's driver do not know the arrays' scalars."""
    return PlateBox(float(box.xmin), float(box.ymin), float(box.xmax), float(box.ymax))


def plate_region(region: Region | None) -> tuple[str, float] | None:
    """Return a region's code and confidence."""
    return None if region is None else (region.code, float(region.score))
