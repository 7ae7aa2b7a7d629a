"""Reading the text of a plate: the `Recognizer` protocol and its engines."""

from gpu_worker.vision.recognition.base import PlateText, Recognizer

__all__ = ["PlateText", "Recognizer"]
