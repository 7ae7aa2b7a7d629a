"""Choosing torch's device without a silent fall back."""

import importlib

from gpu_worker.vision.weights import EngineUnavailable


def torch_device(device: str) -> str:
    """Return torch's name of `device` once torch can use it.

    Args:
        device: `cpu` or `cuda`.

    Raises:
        EngineUnavailable: if torch is not installed, or has no such device.
    """
    try:
        torch = importlib.import_module("torch")
    except ImportError as error:
        raise EngineUnavailable("This engine needs the 'torch' extra to be installed.") from error
    if device == "cpu":
        return "cpu"
    if device == "cuda" and torch.cuda.is_available():
        return "cuda"
    raise EngineUnavailable(f"Device {device!r} was asked for, but torch cannot use it here.")
