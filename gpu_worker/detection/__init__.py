"""Finding plates in a picture: the `Detector` protocol and its engines."""

from gpu_worker.detection.base import Detection, Detector

__all__ = ["Detection", "Detector"]
