"""Decoding video on the GPU: asked for by name, and an error where it cannot be had."""

from typing import Literal

import av
import av.error
from av.codec.hwaccel import HWAccel

from gpu_worker.vision.weights import EngineUnavailable

DecoderName = Literal["cpu", "nvdec"]


def hardware(decoder: DecoderName) -> HWAccel | None:
    """Return what PyAV opens a file with; None is decoding on the CPU.

    Frames come back to main memory, where the detector's pre-processing needs them. A codec that the GPU does not know
    is decoded on the CPU: that is the file's doing, not the machine's, and no reason to refuse an upload.
    """
    return HWAccel("cuda") if decoder == "nvdec" else None


def require_decoder(decoder: DecoderName) -> None:
    """Check that the machine has the decoder.

    Raises:
        EngineUnavailable: if NVDEC is asked for and there is no such device, or this build of FFmpeg has no support.
    """
    if decoder == "cpu":
        return
    try:
        HWAccel("cuda", allow_software_fallback=False).create(av.Codec("h264", "r"))
    except (av.error.FFmpegError, NotImplementedError, RuntimeError) as error:
        raise EngineUnavailable("The decoder 'nvdec' was asked for, but no such device can be opened.") from error
