"""Files on their way to the storage."""

import io
from collections.abc import Callable
from pathlib import Path

from anpr_client.errors import AnprError
from anpr_client.media import media_type

Progress = Callable[[int, int], None]
"""Told how many bytes of how many have gone, or come."""


class WatchedFile(io.FileIO):
    """A file that tells how much of it was read."""

    def __init__(self, path: Path, on_progress: Progress | None) -> None:
        super().__init__(path, "rb")
        self._size = path.stat().st_size
        self._on_progress = on_progress

    def read(self, size: int | None = -1, /) -> bytes:
        """Read, and tell."""
        content: bytes = super().read(-1 if size is None else size) or b""
        if self._on_progress is not None:
            self._on_progress(self.tell(), self._size)
        return content


def content_type_of(path: Path) -> str:
    """Tell a file's content type.

    Raises:
        AnprError: there is no such file, it is empty, or of no kind that the backend can read.
    """
    if not path.is_file():
        raise AnprError(f"There is no file {path}.")
    if path.stat().st_size == 0:
        raise AnprError(f"{path} is empty.")
    found = media_type(path.name)
    if found is None:
        raise AnprError(f"{path.name} is of no kind that can be read: its name ends in none of the usual ways.")
    return found
