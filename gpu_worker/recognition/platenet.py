"""The project's own reader: a network trained on generated plates; one input size, text and region in one pass."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from gpu_worker.geometry import Image
from gpu_worker.recognition import ctc
from gpu_worker.recognition.base import PlateText
from gpu_worker.weights import EngineUnavailable, open_session

INPUT_HEIGHT, INPUT_WIDTH = 48, 192
_BATCH = 16


def fit(crop: Image) -> Image:
    """Scale a crop to the network's input, without keeping its proportions.

    A plate of two to one is stretched and a European one squeezed, so that both spend all 24 CTC steps on their
    characters, and crops of any shape make one batch.

    Args:
        crop: BGR uint8 (height, width, 3).

    Returns:
        BGR uint8 (48, 192, 3).
    """
    shrinks = crop.shape[0] > 1.5 * INPUT_HEIGHT or crop.shape[1] > 1.5 * INPUT_WIDTH
    how = cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR
    return np.asarray(cv2.resize(crop, (INPUT_WIDTH, INPUT_HEIGHT), interpolation=how), np.uint8)


def to_tensor(pictures: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Turn fitted crops (count, 48, 192, 3), BGR uint8, into the network's input (count, 3, 48, 192), BGR, -1 to 1."""
    planes = np.ascontiguousarray(pictures.transpose(0, 3, 1, 2))
    return planes.astype(np.float32) / np.float32(127.5) - np.float32(1)


@dataclass(frozen=True, slots=True)
class RegionGuess:
    """Whose plate a crop seems to be.

    Attributes:
        code: a country (`de`) or a state (`us-ca`), as in the training catalogue.
        score: its probability, 0 to 1.
    """

    code: str
    score: float


class PlateNetRecognizer:
    """Reads plates with the project's own network. Thread-safe: ONNX Runtime sessions are."""

    def __init__(self, weights: Path, *, device: str = "cpu", threads: int = 2) -> None:
        """Open the model.

        Args:
            weights: an ONNX file written by `python -m gpu_worker.training`; its metadata hold the alphabet and the
                region codes.
            device: `cpu`, `cuda` or `tensorrt`.
            threads: CPU threads of one inference.

        Raises:
            EngineUnavailable: if the device cannot be used or the file is not such a model.
        """
        self._session = open_session(weights, device, threads)
        self._input = self._session.get_inputs()[0].name
        metadata = self._session.get_modelmeta().custom_metadata_map
        if metadata.get("alphabet") != ctc.SYMBOLS or "regions" not in metadata:
            raise EngineUnavailable(f"{weights} is not a plate reader trained by this project.")
        self._regions: list[str] = json.loads(metadata["regions"])

    def read(self, crops: Sequence[Image]) -> list[PlateText]:
        """See `Recognizer.read`."""
        return [text for text, _ in self.read_with_region(crops)]

    def read_with_region(self, crops: Sequence[Image]) -> list[tuple[PlateText, RegionGuess]]:
        """Read each crop and say where its plate seems to be from.

        Args:
            crops: BGR uint8 arrays (height, width, 3) of one line of text each; sizes may differ.

        Returns:
            One pair a crop, in the same order.
        """
        results: list[tuple[PlateText, RegionGuess]] = []
        for start in range(0, len(crops), _BATCH):
            tensor = to_tensor(np.stack([fit(crop) for crop in crops[start : start + _BATCH]]))
            characters, regions = self._session.run(None, {self._input: tensor})
            for posteriors, region in zip(characters, regions, strict=True):
                best = int(region.argmax())
                results.append((_decode(posteriors), RegionGuess(self._regions[best], float(region[best]))))
        return results


def _decode(posteriors: ctc.Posteriors) -> PlateText:
    text, confidences = ctc.best_path(posteriors, ctc.SYMBOLS)
    return PlateText(raw=text, text=text, confidences=confidences, posteriors=posteriors)
