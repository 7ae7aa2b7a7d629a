"""Images as they are kept."""

from typing import Final

import cv2

from gpu_worker.vision.geometry import Image

_QUALITY: Final = 92


def jpeg(image: Image) -> bytes:
    """Encode a BGR uint8 image (height, width, 3)."""
    encoded, data = cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, _QUALITY])
    if not encoded:
        raise ValueError(f"an image of shape {image.shape} cannot be encoded")
    return data.tobytes()
