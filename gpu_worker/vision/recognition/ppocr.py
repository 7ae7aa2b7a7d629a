"""The default reader: PP-OCRv6 (small) with its head cut to plate characters, on ONNX Runtime."""

from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from gpu_worker.vision.geometry import Image
from gpu_worker.vision.recognition import ctc
from gpu_worker.vision.recognition.base import PlateText
from gpu_worker.vision.weights import EngineUnavailable, open_session

_HEIGHT = 48
_WIDTH_STEP = 32
_LEAST_WIDTH = 160
"""A CTC step is 8 px wide. Narrow plates are stretched: 7 characters in 12 steps leave no room for the blanks."""
_GREATEST_WIDTH = 640


def preprocess(crop: Image) -> NDArray[np.float32]:
    """Scale a crop to the network's height.

    Args:
        crop: BGR uint8 (height, width, 3).

    Returns:
        (3, 48, width) float32, BGR, -1 to 1; `width` is a multiple of 32 from 160 to 640, and narrower plates are
        stretched to it.
    """
    height, width = crop.shape[:2]
    natural = width * _HEIGHT / max(1, height)
    target = int(min(_GREATEST_WIDTH, max(_LEAST_WIDTH, round(natural / _WIDTH_STEP) * _WIDTH_STEP)))
    scaled = cv2.resize(crop, (target, _HEIGHT), interpolation=cv2.INTER_LINEAR)
    return np.ascontiguousarray(scaled.transpose(2, 0, 1)).astype(np.float32) / np.float32(127.5) - np.float32(1)


class PpocrRecognizer:
    """PP-OCRv6 text recognition. Thread-safe: ONNX Runtime sessions are."""

    def __init__(self, weights: Path, *, device: str = "cpu", threads: int = 2) -> None:
        """Open the model.

        Args:
            weights: an ONNX file written by `models/export_recognizer.py`; its metadata hold the alphabet.
            device: `cpu`, `cuda` or `tensorrt`.
            threads: CPU threads of one inference.

        Raises:
            EngineUnavailable: if the device cannot be used or the file has no alphabet.
        """
        self._session = open_session(weights, device, threads)
        self._input = self._session.get_inputs()[0].name
        alphabet = self._session.get_modelmeta().custom_metadata_map.get("alphabet")
        if not alphabet:
            raise EngineUnavailable(f"{weights} has no 'alphabet' in its metadata; it is not a plate reader of ours.")
        self._alphabet: str = alphabet

    def read(self, crops: Sequence[Image]) -> list[PlateText]:
        """See `Recognizer.read`."""
        by_width: dict[int, list[tuple[int, NDArray[np.float32]]]] = defaultdict(list)
        for i, crop in enumerate(crops):
            tensor = preprocess(crop)
            by_width[tensor.shape[2]].append((i, tensor))
        texts: dict[int, PlateText] = {}
        for group in by_width.values():
            outputs = self._session.run(None, {self._input: np.stack([tensor for _, tensor in group])})[0]
            for (i, _), probabilities in zip(group, outputs, strict=True):
                texts[i] = self._decode(probabilities)
        return [texts[i] for i in range(len(crops))]

    def _decode(self, probabilities: NDArray[np.float32]) -> PlateText:
        raw, confidences = ctc.best_path(probabilities, self._alphabet)
        kept = [(c, p) for c, p in zip(raw, confidences, strict=True) if c in ctc.SYMBOLS]
        return PlateText(
            raw=raw.strip(),
            text="".join(c for c, _ in kept),
            confidences=tuple(p for _, p in kept),
            posteriors=ctc.fold_separators(probabilities, self._alphabet),
        )
