"""Single pictures, read at once."""

from pathlib import Path

from anpr_client._sync.transport import Transport
from anpr_client.pictures import Picture, Reading


class Pictures:
    """Single pictures, read at once."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def read(self, picture: bytes | Path | str, reading: Reading | None = None) -> Picture:
        """Read the plates in a picture. Nothing is kept of it unless the reading names a camera.

        Args:
            picture: a file, or its content.
            reading: what is wanted of it.

        Raises:
            OSError: the file cannot be read.
            anpr_client.errors.AnprError: it is no picture, too large, or refused; a backend that has too many at once
                is asked again.
        """
        return self._transport.ask((reading or Reading()).call(picture), Picture)
