"""Decoding video frame by frame, upright, progressive and with times that only go forward. Knows nothing of plates."""

from gpu_worker.vision.video.container import Source
from gpu_worker.vision.video.limits import MediaLimits
from gpu_worker.vision.video.reader import Frame, FrameSource, StreamLost, Video

__all__ = ["Frame", "FrameSource", "MediaLimits", "Source", "StreamLost", "Video"]
