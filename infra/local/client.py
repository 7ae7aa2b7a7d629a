"""A client of the HTTP API: what the demonstration does is what any program of a customer's would."""

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from pathlib import Path
from typing import Any, Final

import httpx

from anpr.messages import media_type
from infra.local.site import Login

API_FUNCTIONS: Final = ("/users", "/cameras", "/events", "/bolos", "/admin/audit")
"""A path of each of the API's functions."""

_TIMEOUT: Final = httpx.Timeout(60, connect=5)
# A form may hold gigabytes, of which the store acknowledges nothing until the end.
_POST_TIMEOUT: Final = httpx.Timeout(600, connect=5)


class ApiError(RuntimeError):
    """The API, or the store, refused a request.

    Attributes:
        status: HTTP status.
    """

    def __init__(self, what: str, response: httpx.Response) -> None:
        self.status = response.status_code
        super().__init__(f"{what} was refused with status {response.status_code}: {_reason(response)}")


def _reason(response: httpx.Response) -> str:
    try:
        problem = response.json()
    except ValueError:
        return response.text[:500]
    if isinstance(problem, dict) and "detail" in problem:
        return "; ".join([str(problem["detail"]), *(str(error) for error in problem.get("errors", []))])
    return response.text[:500]


class ApiClient:
    """Talks to the API as one user. Use it as a context manager: it holds connections."""

    def __init__(self, base_url: str) -> None:
        # The environment's proxies are for the outside world.
        self._http = httpx.Client(base_url=base_url, timeout=_TIMEOUT, trust_env=False)

    def __enter__(self) -> "ApiClient":
        return self

    def __exit__(self, *_exception: object) -> None:
        self._http.close()

    def log_in(self, login: Login) -> None:
        """Get a token, and send it with each request from now on."""
        tokens = self.post("/auth/login", {"email": login.email, "password": login.password})
        self._http.headers["Authorization"] = f"Bearer {tokens['access_token']}"

    def wake(self, paths: Sequence[str]) -> None:
        """Ask for some paths at once, whatever the answers: a function's first call takes seconds."""
        with ThreadPoolExecutor(len(paths)) as pool:
            list(pool.map(self._http.get, paths))

    def get(self, path: str, **parameters: Any) -> Any:
        """GET a path; returns the decoded JSON."""
        return self._json(f"GET {path}", self._http.get(path, params=parameters))

    def post(self, path: str, body: dict[str, Any]) -> Any:
        """POST JSON to a path; returns the decoded JSON."""
        return self._json(f"POST {path}", self._http.post(path, json=body))

    def patch(self, path: str, body: dict[str, Any]) -> Any:
        """PATCH a path with JSON; returns the decoded JSON."""
        return self._json(f"PATCH {path}", self._http.patch(path, json=body))

    def delete(self, path: str) -> None:
        """DELETE a path."""
        self._json(f"DELETE {path}", self._http.delete(path))

    def camera(self, name: str) -> dict[str, Any]:
        """Find a camera by its name, or register it."""
        for camera in self.pages("/cameras"):
            if camera["name"] == name:
                return camera
        made: dict[str, Any] = self.post("/cameras", {"name": name, "latitude": 51.5007, "longitude": -0.1246})
        return made

    def upload(self, file: Path, *, camera_id: str, captured_at: datetime) -> dict[str, Any]:
        """Ask for an upload and post the file to the store with the form that the API gave.

        Returns:
            The upload; its `id` is the job's too.
        """
        content_type = media_type(file.name) or "application/octet-stream"
        upload: dict[str, Any] = self.post(
            "/uploads",
            {
                "file_name": file.name,
                "content_type": content_type,
                "size_bytes": file.stat().st_size,
                "camera_id": camera_id,
                "captured_at": captured_at.isoformat(),
            },
        )
        post_form(upload["form"], file.read_bytes(), content_type=content_type)
        return upload

    def pages(self, path: str, **parameters: Any) -> Iterator[dict[str, Any]]:
        """Walk through all pages of a list."""
        cursor: str | None = None
        while True:
            page = self.get(path, **parameters, **({"cursor": cursor} if cursor else {}))
            yield from page["items"]
            cursor = page.get("next_cursor")
            if cursor is None:
                return

    def _json(self, what: str, response: httpx.Response) -> Any:
        if response.is_error:
            raise ApiError(what, response)
        return response.json() if response.content else None


def post_form(form: dict[str, Any], content: bytes, *, content_type: str) -> None:
    """Send a file with a presigned form, as a browser would.

    Raises:
        ApiError: the store refused it.
    """
    with httpx.Client(timeout=_POST_TIMEOUT, trust_env=False) as http:
        response = http.post(form["url"], data=form["fields"], files={"file": ("file", content, content_type)})
    if response.is_error:
        raise ApiError("The file", response)
