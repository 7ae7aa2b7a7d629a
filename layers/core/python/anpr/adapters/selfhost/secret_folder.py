"""`anpr.ports.SecretStore` on a folder of JSON files, one a secret, that only the service's user may read."""

import json
import os
import tempfile
from pathlib import Path
from typing import Any

from anpr.errors import Unavailable


class SecretFolder:
    """Secrets by name: `<folder>/<name>.json`."""

    def __init__(self, folder: Path) -> None:
        """Prepare to read; the folder must be there before anything is asked for."""
        self._folder = folder

    def get(self, secret_id: str) -> dict[str, Any] | None:
        try:
            value = json.loads(self._path(secret_id).read_text())
        except FileNotFoundError:
            return None
        except (OSError, ValueError) as error:
            raise Unavailable("A key of the backend cannot be read; its administrator must look.") from error
        return value if isinstance(value, dict) else None

    def put(self, secret_id: str, value: dict[str, Any]) -> None:
        path = self._path(secret_id)
        try:
            # Renamed into its place when it is whole: a reader never meets half of it, nor does a crash leave any.
            handle, unfinished = tempfile.mkstemp(prefix=f".{path.name}-", dir=self._folder)
            with os.fdopen(handle, "w") as file:
                json.dump(value, file)
                file.flush()
                os.fsync(file.fileno())
            Path(unfinished).replace(path)
        except OSError as error:
            raise Unavailable("A key of the backend cannot be written; its administrator must look.") from error

    def _path(self, secret_id: str) -> Path:
        return self._folder / f"{secret_id}.json"
