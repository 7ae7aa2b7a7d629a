"""What the tests of the whole backend ask of its API, and what they send past the client, which sends nothing wrong."""

from datetime import datetime
from pathlib import Path
from typing import Any

import httpx

from anpr_client import Client, NoSuchCamera, UploadRefused


def camera_named(api: Client, name: str) -> str:
    """Id of the camera with this name, which is registered if there is none."""
    try:
        return str(api.cameras.named(name).id)
    except NoSuchCamera:
        return str(api.cameras.create(name).id)


def send(api: Client, file: Path, camera_id: str, captured_at: datetime) -> str:
    """Upload a file; returns the id of its job."""
    return str(api.uploads.send(file, camera=camera_id, captured_at=captured_at).id)


def post_form(form: dict[str, Any], content: bytes, *, content_type: str) -> None:
    """Send anything with a form, as a browser would.

    Raises:
        UploadRefused: the storage refused it.
    """
    files = {"file": ("file", content, content_type)}
    response = httpx.post(form["url"], data=form["fields"], files=files, timeout=60, trust_env=False)
    if response.is_error:
        raise UploadRefused(response.text, response.status_code)
