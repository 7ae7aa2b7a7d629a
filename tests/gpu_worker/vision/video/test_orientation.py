"""Frames as pictures: converted and upright."""

import sys
from pathlib import Path

import av
import numpy as np
import pytest

from gpu_worker.vision.video.orientation import upright

TASKS = Path("/proc/self/task")


@pytest.mark.skipif(sys.platform != "linux", reason="only there can a process's own threads be counted")
def test_a_frame_is_converted_without_a_thread_of_its_own() -> None:
    frame = av.VideoFrame.from_ndarray(np.zeros((1080 * 3 // 2, 1920), np.uint8), format="yuv420p")
    before = {path.name for path in TASKS.iterdir()}

    begun = set()
    for _ in range(100):
        upright(frame)
        begun |= {path.name for path in TASKS.iterdir()} - before

    assert begun == set()
