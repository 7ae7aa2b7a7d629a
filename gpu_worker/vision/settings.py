"""Which vision engines run, on what, and how the pipeline is tuned; read from the environment by entry points only."""

from pathlib import Path
from typing import Literal

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict


class VisionSettings(BaseSettings):
    """Engines and tuning; environment variables start with ANPR_VISION_."""

    model_config = SettingsConfigDict(env_prefix="ANPR_VISION_", extra="ignore")

    detector: Literal["onnx", "ultralytics"] = "onnx"
    detector_weights: Path | None = Field(
        default=None, description="Weights of your own; those of this project, fit for the device, if none are named."
    )
    detector_sha256: str | None = Field(default=None, description="Digest that the detector's weights must have.")
    recognizer: Literal["platenet", "ppocr", "easyocr"] = "platenet"
    recognizer_weights: Path | None = Field(
        default=None, description="Weights of your own for that engine; those of this project if none are named."
    )
    recognizer_sha256: str | None = Field(default=None, description="Digest that the reader's weights must have.")
    device: Literal["cpu", "cuda", "tensorrt"] = Field(
        default="cpu", description="A GPU that is asked for and cannot be used keeps the worker from starting."
    )
    threads: int = Field(
        default=2, ge=1, description="Frames detected side by side on a CPU thread each; threads for a single picture."
    )
    decoder: Literal["cpu", "nvdec"] = Field(default="cpu", description="What decodes video; NVDEC is the GPU's.")
    batch: int = Field(default=1, ge=1, le=64, description="Frames detected in one go: 1 on a CPU, 8 or more on a GPU.")
    video_side: int = Field(default=640, ge=160, multiple_of=32, description="Longer side of a frame as detected, px.")
    still_side: int = Field(default=960, ge=160, multiple_of=32, description="The same of a single picture, px.")
    glance_side: int = Field(default=256, ge=160, multiple_of=32, description="For plates that fill a picture, px.")
    far_side: int = Field(default=1920, ge=160, multiple_of=32, description="For small plates in 4K pictures, px.")
    threshold: float = Field(default=0.15, gt=0, lt=1, description="Least detector score that is looked at.")
    interval_s: float = Field(default=0.1, ge=0, description="Least time between two frames that are looked at.")
    readable_score: float = Field(default=0.6, ge=0, le=1, description="Least score of a readable passage.")
    regions: frozenset[str] = Field(default=frozenset(), description="Countries whose plates are usual here, as JSON.")
    max_pixels: int = Field(default=64_000_000, gt=0, description="Largest picture accepted.")
    max_frame_pixels: int = Field(default=36_000_000, gt=0, description="Largest frame of a video accepted: 8K.")
    max_duration_s: float = Field(default=6 * 3600, gt=0, description="Longest video looked at; the rest is ignored.")
    base_pixels: int = Field(
        default=2_000_000_000, gt=0, description="Pixels that any video may unpack into, all frames together."
    )
    pixels_per_byte: int = Field(
        default=100_000, gt=0, description="Pixels that a video may unpack into beyond that, for each of its bytes."
    )
