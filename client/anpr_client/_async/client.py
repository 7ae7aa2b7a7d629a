"""The client."""

import os
from collections.abc import AsyncIterator
from types import TracebackType
from typing import Any, Self

import httpx

from anpr_client._async.alerts import AsyncBolos, AsyncHits
from anpr_client._async.capture import AsyncCameras, AsyncJobs, AsyncUploads
from anpr_client._async.pictures import AsyncPictures
from anpr_client._async.review import AsyncEvents, AsyncExports, AsyncFeedback
from anpr_client._async.transport import AsyncTransport
from anpr_client._async.vehicles import AsyncVehicles
from anpr_client.calls import Call, Options
from anpr_client.credentials import ApiKey, Credentials, Login
from anpr_client.errors import AnprError
from anpr_client.models import Tokens, User


class AsyncClient:
    """Talks to one backend as one caller. Use it as a context manager, or close it: it holds connections.

    Attributes:
        cameras: where footage comes from.
        uploads: files for the backend to read.
        jobs: how reading them goes.
        pictures: single ones, read at once.
        events: what passed before the cameras.
        review: people's judgement of it.
        vehicles: those that people know by name.
        exports: archives of it.
        bolos: wanted plates.
        hits: passages that matched them.
    """

    def __init__(
        self,
        base_url: str,
        credentials: Credentials | None = None,
        *,
        http: httpx.AsyncClient | None = None,
        options: Options | None = None,
    ) -> None:
        """Make a client; nothing is sent yet.

        Args:
            base_url: the API's address.
            credentials: `ApiKey`, `Login` (logs in at the first request, and again where its login has ended), or a
                store with a login; None for nobody.
            http: to be used instead of a client of its own, such as for a proxy or a certificate; stays open.
            options: time-outs and repetitions.

        Raises:
            AnprError: `base_url` is no address.
        """
        self._transport = AsyncTransport(base_url, credentials, http, options or Options())
        self.cameras = AsyncCameras(self._transport)
        self.uploads = AsyncUploads(self._transport)
        self.jobs = AsyncJobs(self._transport)
        self.pictures = AsyncPictures(self._transport)
        self.events = AsyncEvents(self._transport)
        self.review = AsyncFeedback(self._transport)
        self.vehicles = AsyncVehicles(self._transport)
        self.exports = AsyncExports(self._transport)
        self.bolos = AsyncBolos(self._transport)
        self.hits = AsyncHits(self._transport)

    @classmethod
    def from_environment(cls, *, options: Options | None = None) -> Self:
        """Make a client of `ANPR_URL` with `ANPR_API_KEY`, or with `ANPR_EMAIL` and `ANPR_PASSWORD`.

        Raises:
            AnprError: one is missing.
        """
        try:
            url = os.environ["ANPR_URL"]
            key = os.environ.get("ANPR_API_KEY")
            given = ApiKey(key) if key else Login(os.environ["ANPR_EMAIL"], os.environ["ANPR_PASSWORD"])
        except KeyError as error:
            raise AnprError(f"The environment variable {error.args[0]} is not set.") from error
        return cls(url, given, options=options)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.aclose()

    async def aclose(self) -> None:
        """Let go of the connections."""
        await self._transport.aclose()

    async def log_in(self, email: str, password: str) -> Tokens:
        """Log in; each request from now on is that person's."""
        return await self._transport.log_in(Login(email, password))

    async def log_out(self) -> None:
        """End the login, and every token of it."""
        await self._transport.log_out()

    async def me(self) -> User:
        """Who the caller is."""
        return await self._transport.ask(Call(method="GET", path="/users/me"), User)

    async def get(self, path: str, **params: Any) -> Any:
        """GET a path that there is no method for; returns the decoded JSON."""
        return await self.call(Call(method="GET", path=path, params=params))

    async def post(self, path: str, body: Any = None) -> Any:
        """POST JSON to a path; returns the decoded JSON."""
        return await self.call(Call(method="POST", path=path, json=body))

    async def put(self, path: str, body: Any) -> Any:
        """PUT JSON to a path; returns the decoded JSON."""
        return await self.call(Call(method="PUT", path=path, json=body))

    async def patch(self, path: str, body: Any) -> Any:
        """PATCH a path with JSON; returns the decoded JSON."""
        return await self.call(Call(method="PATCH", path=path, json=body))

    async def delete(self, path: str, **params: Any) -> Any:
        """DELETE a path; returns the decoded JSON, where there is any."""
        return await self.call(Call(method="DELETE", path=path, params=params))

    async def call(self, call: Call) -> Any:
        """Send any request; returns the decoded JSON, or None for an answer without a body."""
        response = await self._transport.send(call)
        return response.json() if response.content else None

    async def pages(self, path: str, **params: Any) -> AsyncIterator[dict[str, Any]]:
        """Walk through all pages of a list that there is no method for."""
        cursor: str | None = None
        while True:
            page = await self.get(path, **params, cursor=cursor)
            for item in page["items"]:
                yield item
            cursor = page.get("next_cursor")
            if cursor is None:
                return
