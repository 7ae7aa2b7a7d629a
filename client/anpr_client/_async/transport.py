"""Sending requests: who asks, what is tried again, what an answer means."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Final, TypeVar

import httpx

from anpr_client._async.pausing import Lock, pieces, sleep
from anpr_client.calls import Call, Options, checked_url, error_of, is_here, lost, read
from anpr_client.credentials import ApiKey, Credentials, Login, MemoryTokens, TokenStore
from anpr_client.errors import AnprError, Unauthenticated, UploadRefused
from anpr_client.files import Progress, WatchedFile
from anpr_client.models import Model, Tokens, UploadForm

Answer = TypeVar("Answer", bound=object)
Item = TypeVar("Item", bound=Model)

_UNAUTHORIZED: Final = 401
_SERVER_ERROR: Final = 500
USER_AGENT: Final = "anpr-client/0.1.0"


class AsyncTransport:
    """Sends requests as one caller. Its methods may be used at once by many."""

    def __init__(
        self, base_url: str, credentials: Credentials | None, http: httpx.AsyncClient | None, options: Options
    ) -> None:
        self.base_url = checked_url(base_url)
        self.options = options
        self._owned = http is None
        # The environment's proxies are for the outside world.
        self.http = http or httpx.AsyncClient(timeout=options.timeout(), trust_env=not is_here(base_url))
        self._key = credentials.key if isinstance(credentials, ApiKey) else None
        self._login = credentials if isinstance(credentials, Login) else None
        self._tokens: TokenStore = MemoryTokens()
        if credentials is not None and not isinstance(credentials, (ApiKey, Login)):
            self._tokens = credentials
        self._renewing = Lock()

    async def aclose(self) -> None:
        """Let go of the connections."""
        if self._owned:
            await self.http.aclose()

    async def send(self, call: Call) -> httpx.Response:
        """Send a request, as often as it takes.

        Raises:
            anpr_client.errors.ApiError: the API refused it.
            anpr_client.errors.Unreachable: there was no answer.
        """
        url = self.base_url + call.path
        tried = 0
        renewed = False
        while True:
            tried += 1
            token = None if call.anonymous else await self._token()
            try:
                response = await self._once(call, url, token)
            except httpx.TransportError as error:
                pause_s = self.options.retry.after_loss(call, error, tried)
                if pause_s is None:
                    raise lost(url, error) from error
                await sleep(pause_s)
                continue
            if not response.is_error:
                return response
            if response.status_code == _UNAUTHORIZED and token is not None and not renewed:
                renewed = True
                await self._renew(token)
                continue
            pause_s = self.options.retry.after_answer(call, response, tried)
            if pause_s is None:
                raise error_of(response)
            await sleep(pause_s)

    async def ask(self, call: Call, shape: type[Answer]) -> Answer:
        """Send a request and take its answer for what it is to be.

        Raises:
            anpr_client.errors.ApiError: the API refused it.
            anpr_client.errors.Unreachable: there was no answer.
            anpr_client.errors.UnexpectedAnswer: the answer is something else.
        """
        return read(await self.send(call), shape)

    async def pages(self, call: Call, shape: type[Item]) -> AsyncIterator[Item]:
        """Walk through all pages of a list; the next is fetched when the one before has been taken."""
        cursor: object = None
        while True:
            asked = Call(method=call.method, path=call.path, params={**call.params, "cursor": cursor})
            page = await self.ask(asked, dict[str, object])
            for item in read_items(page, shape):
                yield item
            cursor = page.get("next_cursor")
            if cursor is None:
                return

    async def log_in(self, login: Login) -> Tokens:
        """Log in; each request from now on is that person's."""
        body = {"email": login.email, "password": login.password}
        call = Call(method="POST", path="/auth/login", json=body, anonymous=True, repeatable=True)
        tokens = await self.ask(call, Tokens)
        self._key = None
        self._login = login
        self._tokens.save(tokens)
        return tokens

    async def log_out(self) -> None:
        """End the login and every token of it; without one, nothing happens."""
        tokens = self._tokens.load()
        if tokens is not None:
            body = {"refresh_token": tokens.refresh_token}
            await self.send(Call(method="POST", path="/auth/logout", json=body, anonymous=True, repeatable=True))
        self._tokens.save(None)
        self._login = None

    async def post_file(self, form: UploadForm, path: Path, content_type: str, on_progress: Progress | None) -> None:
        """Send a file with the form that the API gave; once.

        Raises:
            httpx.TransportError: the connection was lost.
            UploadRefused: the storage refused the file.
        """
        with WatchedFile(path, on_progress) as file:
            timeout = self.options.timeout(upload=True)
            if form.method == "PUT":
                # With a length: the storage takes no body in chunks.
                headers = form.headers | {"content-length": str(path.stat().st_size)}
                response = await self.http.put(form.url, content=pieces(file), headers=headers, timeout=timeout)
            else:
                response = await self.http.post(
                    form.url,
                    data=form.fields,
                    files={"file": (path.name, file, content_type)},
                    headers=form.headers,
                    timeout=timeout,
                )
        if response.status_code >= _SERVER_ERROR:
            raise httpx.RemoteProtocolError(f"the storage answered with status {response.status_code}")
        if response.is_error:
            reason = " ".join(response.text.split())[:300]
            raise UploadRefused(
                f"The storage refused {path.name} with status {response.status_code}: {reason}", response.status_code
            )

    @asynccontextmanager
    async def stream(self, url: str) -> AsyncIterator[httpx.Response]:
        """Fetch what a link of the API's leads to, piece by piece. No credentials go there.

        Raises:
            anpr_client.errors.Unreachable: there was no answer, or it broke off.
            AnprError: the link is not good any more.
        """
        try:
            async with self.http.stream("GET", url, timeout=self.options.timeout()) as response:
                if response.is_error:
                    raise AnprError(f"The link is not good any more; it answered with status {response.status_code}.")
                yield response
        except httpx.TransportError as error:
            raise lost(url, error) from error

    async def _once(self, call: Call, url: str, token: str | None) -> httpx.Response:
        given = call.arguments()
        given["headers"] |= {"accept": "application/json", "user-agent": USER_AGENT}
        if self._key is not None and not call.anonymous:
            given["headers"]["x-api-key"] = self._key
        elif token is not None:
            given["headers"]["authorization"] = f"Bearer {token}"
        return await self.http.request(call.method, url, **given)

    async def _token(self) -> str | None:
        """The access token; None for a key, and for nobody."""
        if self._key is not None:
            return None
        tokens = self._tokens.load()
        if tokens is None and self._login is not None:
            async with self._renewing:
                tokens = self._tokens.load() or await self.log_in(self._login)
        return None if tokens is None else tokens.access_token

    async def _renew(self, refused: str) -> None:
        """Get another access token than the one that was refused.

        Raises:
            Unauthenticated: the login has ended.
        """
        async with self._renewing:
            await self._renew_alone(refused)

    async def _renew_alone(self, refused: str) -> None:
        with self._tokens.lock():
            tokens = self._tokens.load()
            if tokens is not None and tokens.access_token != refused:
                return  # Somebody else has renewed it meanwhile.
            try:
                self._tokens.save(await self._refreshed(tokens))
            except Unauthenticated:
                if self._login is None:
                    raise
                await self.log_in(self._login)

    async def _refreshed(self, tokens: Tokens | None) -> Tokens:
        if tokens is None:
            raise Unauthenticated(_UNAUTHORIZED, {"detail": "There is no login any more; log in."})
        # Not sent again where it is unknown what became of it: a refresh token that comes twice ends the login.
        body = {"refresh_token": tokens.refresh_token}
        return await self.ask(Call(method="POST", path="/auth/refresh", json=body, anonymous=True), Tokens)


def read_items(page: dict[str, object], shape: type[Item]) -> list[Item]:
    """The items of a page."""
    items = page.get("items")
    return [shape.model_validate(item) for item in items] if isinstance(items, list) else []
