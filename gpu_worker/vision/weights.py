"""Weights on disk: found by an explicit path, checked by digest, opened on the device that was asked for."""

import hashlib
from pathlib import Path

import onnxruntime as ort

from anpr.errors import AnprError

_PROVIDERS = {
    "cpu": "CPUExecutionProvider",
    "cuda": "CUDAExecutionProvider",
    "tensorrt": "TensorrtExecutionProvider",
}


class EngineUnavailable(AnprError):
    """A model or device that the settings ask for cannot be used; the worker must not start."""

    code, title = "engine-unavailable", "The vision engine cannot start"


def verified(path: Path, sha256: str | None) -> Path:
    """Return `path` once its content is known to be what was meant.

    Args:
        path: a weights file.
        sha256: its hex digest; None for a customer's own weights, whose digest this project cannot know.

    Raises:
        EngineUnavailable: if the file is missing or its digest differs.
    """
    if not path.is_file():
        raise EngineUnavailable(f"The weights file {path} does not exist.")
    if sha256 is not None:
        digest = digest_of(path)
        if digest != sha256:
            raise EngineUnavailable(f"The weights file {path} has sha256 {digest}, expected {sha256}.")
    return path


def digest_of(path: Path) -> str:
    """Return a file's sha256 as hex digits.

    Raises:
        OSError: if it cannot be read.
    """
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def open_session(path: Path, device: str, threads: int) -> ort.InferenceSession:
    """Open an ONNX model on exactly the device that was asked for.

    ONNX Runtime falls back to the CPU without an error when a GPU provider fails to load; a worker that is paid for a
    GPU and silently runs on the CPU is the worst of both. So the providers that the session really uses are checked.

    Args:
        path: the ONNX file.
        device: `cpu`, `cuda` or `tensorrt`.
        threads: threads inside one operator (CPU only).

    Raises:
        EngineUnavailable: if the device is unknown, or is not what the session ended up on.
    """
    provider = _PROVIDERS.get(device)
    if provider is None:
        raise EngineUnavailable(f"Unknown device {device!r}; known are {', '.join(_PROVIDERS)}.")
    if provider not in ort.get_available_providers():
        available = ", ".join(ort.get_available_providers())
        raise EngineUnavailable(
            f"Device {device!r} was asked for, but this ONNX Runtime has only {available}."
            " Install onnxruntime-gpu, or set the device to 'cpu'."
        )
    options = ort.SessionOptions()
    options.intra_op_num_threads = threads
    # From one operator to the next a thread is there sooner if it spins than if it must be woken; but threads that spin
    # on halve the speed of a machine that has other work.
    options.add_session_config_entry("session.intra_op.spin_duration_us", "200")
    options.log_severity_level = 3
    providers = [provider] if device == "cpu" else [provider, _PROVIDERS["cpu"]]
    session = ort.InferenceSession(str(path), options, providers=providers)
    if session.get_providers()[0] != provider:
        raise EngineUnavailable(
            f"Device {device!r} was asked for, but its libraries did not load: the model would run on the CPU."
        )
    return session
