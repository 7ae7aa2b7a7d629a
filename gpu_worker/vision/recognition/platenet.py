"""The project's own reader: a network trained on generated plates; one input size, text and region in one pass."""

import json
from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from gpu_worker.vision.geometry import Image
from gpu_worker.vision.recognition import ctc, regions
from gpu_worker.vision.recognition.base import PlateText
from gpu_worker.vision.weights import EngineUnavailable, open_session

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


class PlateNetRecognizer:
    """Reads plates with the project's own network. Thread-safe: ONNX Runtime sessions are.

    Attributes:
        codes: the regions it tells apart, countries (`de`) and states (`us-ca`), as in the training catalogue.
    """

    def __init__(self, weights: Path, *, device: str = "cpu", threads: int = 2) -> None:
        """Open the model.

        Args:
            weights: an ONNX file written by `python -m lab.training`; its metadata hold the alphabet and the
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
        self.codes: list[str] = json.loads(metadata["regions"])
        countries = [regions.country(code) for code in self.codes]
        self._countries = sorted(set(countries))
        # Sums the states of a country: (regions, countries).
        self._to_countries = np.array([[c == known for known in self._countries] for c in countries], np.float32)

    def read(self, crops: Sequence[Image]) -> list[PlateText]:
        """See `Recognizer.read`."""
        characters, states = self.run(crops)
        results: list[PlateText] = []
        for posteriors, probabilities in zip(characters, (states @ self._to_countries).tolist(), strict=True):
            text, confidences = ctc.best_path(posteriors, ctc.SYMBOLS)
            countries = dict(zip(self._countries, probabilities, strict=True))
            results.append(PlateText(text, text, confidences, posteriors, countries))
        return results

    def run(self, crops: Sequence[Image]) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Run the network.

        Args:
            crops: BGR uint8 arrays (height, width, 3) of one line of text each; sizes may differ.

        Returns:
            Posteriors of the characters (crops, 24, 37), see `ctc`, and probabilities of the regions (crops, codes), in
            the order of `codes`.
        """
        characters = [np.zeros((0, 24, 1 + len(ctc.SYMBOLS)), np.float32)]
        states = [np.zeros((0, len(self.codes)), np.float32)]
        for start in range(0, len(crops), _BATCH):
            tensor = to_tensor(np.stack([fit(crop) for crop in crops[start : start + _BATCH]]))
            outputs = self._session.run(None, {self._input: tensor})
            characters.append(outputs[0])
            states.append(outputs[1])
        return np.concatenate(characters), np.concatenate(states)
