"""What waits: asynchronously here, and by threads in the module of this name beside it."""

import asyncio
from collections.abc import AsyncIterator
from typing import IO

PIECE_BYTES = 256 * 1024

Lock = asyncio.Lock
sleep = asyncio.sleep


async def pieces(file: IO[bytes]) -> AsyncIterator[bytes]:
    """A file's content, piece by piece."""
    while piece := file.read(PIECE_BYTES):
        yield piece
