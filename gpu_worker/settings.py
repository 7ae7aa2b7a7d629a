"""Which vision engines run, on what, and how the pipeline is tuned; read from the environment by entry points only."""

from pathlib import Path
from typing import Literal

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict

_MODELS = Path(__file__).parent / "models"
_DETECTOR_SHA256 = "abf03a8fd685cbd59e4602ea6ca6c9dcaa8f0b141aa43fb1795a1f7fcde9c089"
_RECOGNIZER_SHA256 = "1d4139913dd83b97dcf135d453977e589079f79248440c6ee36f50a15b5a845b"


class VisionSettings(BaseSettings):
    """Engines and tuning; environment variables start with ANPR_VISION_."""

    model_config = SettingsConfigDict(env_prefix="ANPR_VISION_", extra="ignore")

    detector: Literal["onnx", "ultralytics"] = "onnx"
    detector_weights: Path = _MODELS / "plate_yolov8n.onnx"
    detector_sha256: str | None = Field(
        default=_DETECTOR_SHA256, description="Digest of the weights; set it, or empty it, with weights of your own."
    )
    recognizer: Literal["ppocr", "easyocr"] = "ppocr"
    recognizer_weights: Path = _MODELS / "plate_ppocrv6.onnx"
    recognizer_sha256: str | None = _RECOGNIZER_SHA256
    device: Literal["cpu", "cuda", "tensorrt"] = Field(
        default="cpu", description="A GPU that is asked for and cannot be used keeps the worker from starting."
    )
    threads: int = Field(default=2, ge=1, description="CPU threads of one inference.")
    video_side: int = Field(default=640, ge=160, multiple_of=32, description="Longer side of a frame as detected, px.")
    still_side: int = Field(default=960, ge=160, multiple_of=32, description="The finer of a picture's two sizes, px.")
    threshold: float = Field(default=0.15, gt=0, lt=1, description="Least detector score that is looked at.")
    interval_s: float = Field(default=0.1, ge=0, description="Least time between two frames that are looked at.")
    readable_score: float = Field(default=0.6, ge=0, le=1, description="Least score of a readable passage.")
    regions: frozenset[str] = Field(default=frozenset(), description="Countries whose plates are usual here, as JSON.")
    max_pixels: int = Field(default=64_000_000, gt=0, description="Largest picture or frame accepted.")
    max_duration_s: float = Field(default=6 * 3600, gt=0, description="Longest video looked at; the rest is ignored.")
