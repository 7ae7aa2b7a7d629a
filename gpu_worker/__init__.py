"""The GPU worker: finds every vehicle's plate in an upload once, and reads it."""

import os

# OpenCV takes this only when it is first loaded. It stands behind the limit that is checked by a picture's header, and
# is looser, so that the words of that one are what a person gets.
os.environ.setdefault("OPENCV_IO_MAX_IMAGE_PIXELS", str(256_000_000))
