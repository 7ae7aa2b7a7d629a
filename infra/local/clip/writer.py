"""Writing the rendered clip to a file."""

from fractions import Fraction
from pathlib import Path

import av

from infra.local.clip.scene import DURATION_S, FPS, HEIGHT, WIDTH, Scene


def write_clip(target: Path) -> None:
    """Render the clip: 8 s of H.264 in an MP4 file, the same frames every time."""
    scene = Scene()
    with av.open(str(target), "w", format="mp4", options={"movflags": "faststart"}) as container:
        stream = container.add_stream("libx264", rate=FPS, options={"crf": "23", "preset": "veryfast", "threads": "1"})
        stream.width, stream.height, stream.pix_fmt = WIDTH, HEIGHT, "yuv420p"
        stream.time_base = Fraction(1, FPS)
        for index in range(round(DURATION_S * FPS)):
            frame = av.VideoFrame.from_ndarray(scene.frame(index), format="bgr24")
            frame.pts, frame.time_base = index, Fraction(1, FPS)
            container.mux(stream.encode(frame))
        container.mux(stream.encode())
