"""What waits: by threads here, and asynchronously in the module of this name beside it."""

import threading
import time
from collections.abc import Iterator
from typing import IO

PIECE_BYTES = 256 * 1024

Lock = threading.Lock
sleep = time.sleep


def pieces(file: IO[bytes]) -> Iterator[bytes]:
    """A file's content, piece by piece."""
    while piece := file.read(PIECE_BYTES):
        yield piece
