"""Learning over one camera's pictures, with a reader that says what each picture's patch means."""

from collections.abc import Sequence

import numpy as np

from gpu_worker.vision.detection import Detection
from gpu_worker.vision.geometry import BoundingBox, Image
from gpu_worker.vision.one_camera import OneCamera
from gpu_worker.vision.pipeline import Pipeline
from gpu_worker.vision.recognition import PlateText, ctc


class Script:
    """Sees one plate in every picture, and reads from its brightness which of the lines it is."""

    def __init__(self, *lines: tuple[str, float]) -> None:
        self.lines = lines

    def detect(self, images: Sequence[Image]) -> list[list[Detection]]:
        return [[Detection(BoundingBox(40, 40, 160, 70), 0.9)] for _ in images]

    def read(self, crops: Sequence[Image]) -> list[PlateText]:
        return [self._say(*self.lines[round(float(np.median(crop)) / 20)]) for crop in crops]

    def _say(self, text: str, confidence: float) -> PlateText:
        confidences = (confidence,) * len(text)
        return PlateText(text, text, confidences, ctc.from_text(text, confidences))


def picture(number: int) -> Image:
    return np.full((120, 200, 3), 20 * number, np.uint8)


def plate(reader: Pipeline | OneCamera, number: int) -> str:
    (read,) = reader.image(picture(number))
    return read.plate


def test_what_was_clear_settles_what_is_not_and_foreign_plates_are_still_read() -> None:
    script = Script(("H372845", 0.98), ("HO72345", 0.9), ("LS34EBC", 0.98))
    pipeline = Pipeline(script, script)
    camera = OneCamera(pipeline)
    assert plate(pipeline, 1) == "HO72345"
    for _ in range(30):
        assert plate(camera, 0) == "H372845"
    assert plate(camera, 1) == "H072345"
    assert plate(camera, 2) == "LS34EBC"
    assert plate(pipeline, 1) == "HO72345", "the pipeline itself learns nothing"


def test_nothing_is_learnt_from_what_the_expectation_decided() -> None:
    script = Script(("I264230", 0.9), ("I264239", 0.9))
    camera = OneCamera(Pipeline(script, script))
    first = camera.image(picture(1))[0]
    for _ in range(30):
        assert plate(camera, 0) == "1264230"
    assert camera.image(picture(1))[0] == first
