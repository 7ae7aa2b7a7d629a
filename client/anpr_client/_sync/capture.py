"""Cameras, uploads and their jobs."""

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import httpx

from anpr_client._sync.pausing import sleep
from anpr_client._sync.transport import Transport
from anpr_client.calls import Call, lost, path_of
from anpr_client.errors import NoSuchCamera, TimedOut, UploadRefused
from anpr_client.files import Progress, content_type_of
from anpr_client.models import Camera, Job, Upload

_FORBIDDEN = 403


class Cameras:
    """Where footage comes from."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def list(self, *, active: bool | None = None) -> Iterator[Camera]:
        """List the cameras that the caller may see, newest first."""
        return self._transport.pages(Call(method="GET", path="/cameras", params={"active": active}), Camera)

    def get(self, camera_id: UUID | str) -> Camera:
        """Get one camera."""
        return self._transport.ask(Call(method="GET", path=path_of("cameras", camera_id)), Camera)

    def named(self, name_or_id: str) -> Camera:
        """Find a camera by its name, in any case of letters, or by its id.

        Raises:
            NoSuchCamera: there is none that the caller may see.
        """
        known = []
        for camera in self.list():
            if name_or_id.casefold() in (camera.name.casefold(), str(camera.id)):
                return camera
            known.append(camera.name)
        names = ", ".join(sorted(known)[:20]) or "none"
        raise NoSuchCamera(f"There is no camera {name_or_id!r}. There are: {names}.")

    def create(self, name: str, **fields: Any) -> Camera:
        """Register a camera.

        Args:
            name: must be new.
            fields: `description`, `latitude`, `longitude`, `heading`, `region_hint`, `time_zone`, `active`.
        """
        call = Call(method="POST", path="/cameras", json={"name": name, **fields})
        return self._transport.ask(call, Camera)

    def update(self, camera_id: UUID | str, **fields: Any) -> Camera:
        """Change what is given of a camera."""
        call = Call(method="PATCH", path=path_of("cameras", camera_id), json=fields, repeatable=True)
        return self._transport.ask(call, Camera)


class Uploads:
    """Files for the backend to read."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def send(
        self,
        file: Path | str,
        *,
        camera: UUID | str,
        captured_at: datetime,
        key: str | None = None,
        on_progress: Progress | None = None,
    ) -> Upload:
        """Announce a file and post it to the storage; its job begins by itself.

        Where the connection is lost, the upload is taken up again with a new form. A file that has come after all is
        not sent again.

        Args:
            file: a video or a picture.
            camera: id of the camera that took it.
            captured_at: when its first frame was taken, with a time zone.
            key: this upload's name; the same key later, even by another process, means the same upload, so it is sent
                again only if it has not come. A fresh one by default.
            on_progress: told how much of the file has gone; from the start again where it is sent again.

        Returns:
            The upload; its id is its job's too.

        Raises:
            anpr_client.errors.AnprError: the file cannot be sent, or the backend refuses it.
        """
        path = Path(file)
        announced = {
            "file_name": path.name,
            "content_type": content_type_of(path),
            "size_bytes": path.stat().st_size,
            "camera_id": camera,
            "captured_at": captured_at,
        }
        call = Call(
            method="POST",
            path="/uploads",
            json=announced,
            headers={"idempotency-key": key or uuid4().hex},
            repeatable=True,
        )
        tried = 0
        while True:
            upload = self._transport.ask(call, Upload)
            if upload.form is None:
                return upload
            tried += 1
            try:
                self._transport.post_file(upload.form, path, upload.content_type, on_progress)
                done = Call(method="POST", path=path_of("uploads", upload.id, "complete"), repeatable=True)
                return self._transport.ask(done, Upload)
            except httpx.TransportError as error:
                pause_s = self._transport.options.retry.pause_s(tried)
                if pause_s is None:
                    raise lost(upload.form.url, error) from error
                sleep(pause_s)
            except UploadRefused as error:
                # A form is good for a while only: sending may have been put off, or the computer have slept.
                if error.status != _FORBIDDEN or tried > 1:
                    raise

    def list(self, *, camera: UUID | str | None = None, status: str | None = None) -> Iterator[Upload]:
        """List uploads, newest first."""
        params = {"camera_id": camera, "status": status}
        return self._transport.pages(Call(method="GET", path="/uploads", params=params), Upload)

    def get(self, upload_id: UUID | str) -> Upload:
        """Get one upload."""
        return self._transport.ask(Call(method="GET", path=path_of("uploads", upload_id)), Upload)


class Jobs:
    """How the reading of uploads goes."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def get(self, job_id: UUID | str) -> Job:
        """Get one job; its id is its upload's."""
        return self._transport.ask(Call(method="GET", path=path_of("jobs", job_id)), Job)

    def list(self, *, camera: UUID | str | None = None, status: str | None = None) -> Iterator[Job]:
        """List jobs, newest first."""
        params = {"camera_id": camera, "status": status}
        return self._transport.pages(Call(method="GET", path="/jobs", params=params), Job)

    def watch(self, job_id: UUID | str) -> Iterator[Job]:
        """Look at a job again and again until it is over; the last one is its end."""
        while True:
            job = self.get(job_id)
            yield job
            if job.over:
                return
            sleep(self._transport.options.poll_s)

    def follow(self, job_id: UUID | str, *, timeout_s: float | None = None) -> Job:
        """Wait until a job is over, and return its end: succeeded, failed (with its reason) or expired.

        Args:
            job_id: the job, or its upload.
            timeout_s: the longest wait; without one, as long as it takes.

        Raises:
            TimedOut: it took longer.
        """
        waited_s = 0.0
        while True:
            job = self.get(job_id)
            if job.over:
                return job
            if timeout_s is not None and waited_s >= timeout_s:
                raise TimedOut(f"The job {job_id} is still {job.status} after {timeout_s:g} s.")
            sleep(self._transport.options.poll_s)
            waited_s += self._transport.options.poll_s

    def retry(self, job_id: UUID | str) -> Job:
        """Have a failed job tried again."""
        return self._transport.ask(Call(method="POST", path=path_of("jobs", job_id, "retry")), Job)
