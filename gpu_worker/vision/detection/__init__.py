"""Finding plates in a picture: the `Detector` protocol and its engines."""

from gpu_worker.vision.detection.base import Detection, Detector

__all__ = ["Detection", "Detector"]
