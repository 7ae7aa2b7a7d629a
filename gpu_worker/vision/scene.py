"""Telling a new scene, and a picture in which nothing has moved, from an ordinary next frame."""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from gpu_worker.vision.geometry import Image

_SIZE = (64, 36)
_COARSE = 320  # px: cheap sub-sampling before the averaging
_TIMES_USUAL = 2.5


@dataclass(frozen=True, slots=True)
class SceneSettings:
    """What counts as a new scene, and as the same picture. In grey levels (0-255) of a picture of 64 x 36 cells.

    Attributes:
        cut_difference: least mean change that is a scene cut.
        still_difference: greatest change of any cell in a picture where nothing has moved.
    """

    cut_difference: float = 14.0
    still_difference: float = 4.0


@dataclass(frozen=True, slots=True)
class SceneChange:
    """How a picture relates to the one before.

    Attributes:
        cut: it shows another scene: a splice, or a switch of cameras.
        still: nothing in it has moved since the last picture that was not still.
    """

    cut: bool
    still: bool


class SceneWatch:
    """Compares the pictures of one video, each with an earlier one."""

    def __init__(self, settings: SceneSettings) -> None:
        self._settings = settings
        self._last: NDArray[np.float32] | None = None
        self._moved: NDArray[np.float32] | None = None
        self._usual = 0.0

    def look(self, image: Image) -> SceneChange:
        """Take in the next picture.

        A splice of two recordings of one fixed camera changes little of the picture, so the change is also compared
        with what is usual in this video. A cut seen where none is does little harm: it ends tracks, and tracks whose
        reads agree are joined again. Stillness is measured against the last picture that moved, so that many small
        steps add up.

        Args:
            image: BGR uint8 picture.

        Returns:
            What has changed; brightness as a whole is left out, so a change of exposure is no cut.
        """
        cells = _cells(image)
        last, self._last = self._last, cells
        if last is None or self._moved is None:
            self._moved = cells
            return SceneChange(cut=False, still=False)
        change = float(np.abs(cells - last).mean())
        cut = change >= max(self._settings.cut_difference, _TIMES_USUAL * self._usual)
        self._usual = change if self._usual == 0 else 0.9 * self._usual + 0.1 * change
        still = float(np.abs(cells - self._moved).max()) <= self._settings.still_difference
        if not still:
            self._moved = cells
        return SceneChange(cut, still)


def _cells(image: Image) -> NDArray[np.float32]:
    step = max(1, min(image.shape[0] * 16 // 9, image.shape[1]) // _COARSE)
    grey = cv2.cvtColor(np.ascontiguousarray(image[::step, ::step]), cv2.COLOR_BGR2GRAY)
    cells = np.asarray(cv2.resize(grey, _SIZE, interpolation=cv2.INTER_AREA), np.float32)
    return np.asarray(cells - cells.mean(), np.float32)
