"""Taking a colour cast out of a picture. Pure functions.

Cameras under sodium lamps, among brake lights or without an infra-red filter see everything in one colour. Detectors
and readers were trained on neutral pictures and miss what is plain to see in such ones. A plate is bright and dark, not
coloured, so its picture in grey is as good. Pictures without a cast are left alone: colour helps there
(docs/benchmarks.md).
"""

import cv2
import numpy as np

from gpu_worker.vision.geometry import Image

_SAMPLE = 8
_LEAST_CAST = 0.2


def cast(image: Image) -> float:
    """Measure a colour cast.

    Args:
        image: BGR uint8 picture.

    Returns:
        How far the mean of any channel lies from the mean of all, as a fraction of that: 0 for a neutral picture.
    """
    means = image[::_SAMPLE, ::_SAMPLE].reshape(-1, 3).mean(axis=0)
    mean = float(means.mean())
    return float(np.abs(means - mean).max()) / mean if mean else 0.0


def has_cast(image: Image) -> bool:
    """Tell whether a picture is so far from neutral that its colours are better left out."""
    return cast(image) > _LEAST_CAST


def as_grey(image: Image) -> Image:
    """Return a picture's brightness in all three channels, BGR uint8."""
    return np.asarray(cv2.cvtColor(cv2.cvtColor(image, cv2.COLOR_BGR2GRAY), cv2.COLOR_GRAY2BGR), np.uint8)


def without_cast(image: Image) -> Image:
    """Return `image` itself, or in grey if it has a colour cast."""
    return as_grey(image) if has_cast(image) else image
