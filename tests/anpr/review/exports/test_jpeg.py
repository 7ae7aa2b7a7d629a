import struct

import pytest

from anpr.review.exports.jpeg import size_of

FRAME = b"\xff\xc0" + struct.pack(">HBHHB", 8, 8, 1080, 1920, 0)


@pytest.mark.parametrize(
    "image",
    [
        b"\xff\xd8" + FRAME,
        b"\xff\xd8\xff\xe0\x00\x04ab" + FRAME,
        b"\xff\xd8\xff\xff\xff\xe0\x00\x04ab" + FRAME,
        b"\xff\xd8\xff\x01" + FRAME,
        b"\xff\xd8\xff\xc4\x00\x04ab" + FRAME.replace(b"\xc0", b"\xc2", 1),
    ],
)
def test_the_size_is_read_past_whatever_comes_before_it(image: bytes) -> None:
    assert size_of(image) == (1920, 1080)


@pytest.mark.parametrize(
    "image",
    [
        b"",
        b"\xff\xd8",
        b"\x89PNG\r\n\x1a\n",
        b"\xff\xd8\xff\xe0\x00\x04a",
        b"\xff\xd8" + FRAME[:8],
        b"\xff\xd8\xff\xe0\xff\xff",
        b"\xff\xd8\xff\xc0" + struct.pack(">HBHHB", 8, 8, 0, 1920, 0),
        b"\xff\xd8garbage",
    ],
)
def test_what_has_no_size_is_no_image(image: bytes) -> None:
    assert size_of(image) is None


def test_a_real_encoders_file_has_its_size() -> None:
    cv2 = pytest.importorskip("cv2")
    numpy = pytest.importorskip("numpy")
    encoded, data = cv2.imencode(".jpg", numpy.zeros((37, 91, 3), numpy.uint8))

    assert encoded
    assert size_of(data.tobytes()) == (91, 37)
