"""The console's files as an ASGI application, for a Lambda or for any process that serves the API too.

Everything is read once, when the application is made. Scripts, styles and libraries are served twice: below `console/`,
to be asked for again each time, and below `console/@DIGEST/`, to be kept for ever; `index.html` names the second, and
is itself never kept. So a new release is seen at once, and nothing of an old one is asked for twice. The digest is of
all files together, since modules name each other by relative addresses.

All addresses are relative, so the console works below whatever path it is put.
"""

import base64
import gzip
import hashlib
import posixpath
import re
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from html import escape
from pathlib import Path, PurePosixPath
from typing import Final

from starlette.applications import Starlette
from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from functions.console.settings import ConsoleSettings, origin_of

ROOT: Final = Path(__file__).resolve().parents[2] / "console"
"""The files, in the repository and in the function's package alike."""

INDEX: Final = "index.html"
_ENTRY: Final = "app/main.js"
_SERVED: Final = ("app", "vendor")
_SINGLE: Final = (INDEX, "icon.svg")
_TYPES: Final = {
    ".js": "text/javascript; charset=utf-8",
    ".mjs": "text/javascript; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".html": "text/html; charset=utf-8",
    ".json": "application/json",
    ".svg": "image/svg+xml",
    ".txt": "text/plain; charset=utf-8",
}
_COMPRESSIBLE: Final = ("text/", "application/json", "image/svg")
_FOR_EVER: Final = "public, max-age=31536000, immutable"
_ASK_EACH_TIME: Final = "no-cache"
_IMPORT_MAP: Final = re.compile(r'<script type="importmap">(.*?)</script>', re.DOTALL)
_STATIC_IMPORT: Final = re.compile(r"""^(?:import|export)\b[^'"]*['"](\.[^'"]+)['"];?$""", re.MULTILINE)
_OWN_ADDRESS: Final = re.compile(r'(?<=")\./(?=(?:app|vendor)/)')
_COMMON: Final = {
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
}


class File:
    """A file as it is served.

    Attributes:
        content: its bytes.
        media_type: what browsers are told that it is.
        etag: of the content.
    """

    def __init__(self, name: str, content: bytes) -> None:
        self.content = content
        self.media_type = _TYPES.get(Path(name).suffix, "application/octet-stream")
        self.etag = f'"{hashlib.sha256(content).hexdigest()[:32]}"'

    @cached_property
    def compressed(self) -> bytes | None:
        """The same by gzip; None where that saves nothing. Made when it is first asked for: some are large."""
        made = gzip.compress(self.content, mtime=0) if self.media_type.startswith(_COMPRESSIBLE) else self.content
        return made if len(made) < len(self.content) else None


def console_site(settings: ConsoleSettings, root: Path = ROOT) -> Starlette:
    """Make the application: `/console/…`, and redirects to its page from `/` and `/console`.

    They lead to the file by its name: API Gateway knows no route for an address that ends with a slash.

    Args:
        settings: where pictures come from.
        root: folder of the console's files.
    """
    files = {str(path.relative_to(root).as_posix()): path.read_bytes() for path in _served(root)}
    digest = _digest(files)
    page = files.pop(INDEX).decode()
    preloads = "".join(f'<link rel="modulepreload" href="./{name}">\n' for name in _modules(_ENTRY, files))
    page = _OWN_ADDRESS.sub(f"./@{digest}/", page.replace("</head>", f"{preloads}{_said(settings)}</head>"))
    site = _Site(
        files={name: File(name, content) for name, content in files.items()},
        index=File(INDEX, page.encode()),
        digest=digest,
        policy=policy(page, settings),
    )
    return Starlette(
        routes=[
            Route("/", _redirect(f"./console/{INDEX}")),
            Route("/console", _redirect(f"./console/{INDEX}")),
            Route("/console/{path:path}", site.answer),
        ]
    )


def _said(settings: ConsoleSettings) -> str:
    """What the page's scripts are told of this deployment."""
    told = {
        "map-style": settings.map_style,
        "map-attribution": settings.map_attribution,
        "auth-url": settings.auth_url,
        "auth-key": settings.auth_key,
    }
    return "".join(f'<meta name="{name}" content="{escape(text)}">\n' for name, text in told.items() if text)


def policy(page: str, settings: ConsoleSettings) -> str:
    """The Content-Security-Policy of a page.

    Args:
        page: its HTML; its import map, which is the one script that cannot be a file, is let in by its hash.
        settings: where pictures come from, and where footage goes.
    """
    maps = [
        f"'sha256-{base64.b64encode(hashlib.sha256(found.encode()).digest()).decode()}'"
        for found in _IMPORT_MAP.findall(page)
    ]
    media = [settings.storage_origin] if settings.storage_origin else []
    tiles = settings.map_origins
    logins = [origin_of(settings.auth_url)] if settings.auth_url else []
    directives = {
        "default-src": ["'none'"],
        "script-src": ["'self'", *maps],
        "style-src": ["'self'"],
        "img-src": ["'self'", "data:", *media, *tiles],
        "media-src": ["'self'", *media],
        "connect-src": ["'self'", *media, *tiles, *logins],
        "worker-src": ["'self'"],
        "font-src": ["'self'"],
        "manifest-src": ["'self'"],
        "base-uri": ["'none'"],
        "form-action": ["'none'"],
        "frame-ancestors": ["'none'"],
    }
    return "; ".join(f"{name} {' '.join(sources)}" for name, sources in directives.items())


@dataclass(frozen=True, slots=True)
class _Site:
    files: dict[str, File]
    index: File
    digest: str
    policy: str

    async def answer(self, request: Request) -> Response:
        path: str = request.path_params["path"]
        if path in ("", INDEX):
            headers = {"cache-control": _ASK_EACH_TIME, "content-security-policy": self.policy}
            return _response(self.index, request.headers, headers)
        version, _, rest = path.partition("/")
        if version.startswith("@"):
            # Of a release that is gone, a page that was opened then gets what is there now: better than nothing, but
            # not to be kept as what it was.
            path, caching = rest, _FOR_EVER if version[1:] == self.digest else _ASK_EACH_TIME
        else:
            caching = _ASK_EACH_TIME
        file = self.files.get(path)
        if file is None:
            return Response("There is no such file.", 404, headers=_COMMON, media_type="text/plain")
        return _response(file, request.headers, {"cache-control": caching})


def _response(file: File, asked: Headers, headers: dict[str, str]) -> Response:
    headers = {**_COMMON, **headers, "etag": file.etag, "vary": "accept-encoding"}
    if file.etag in asked.get("if-none-match", ""):
        return Response(status_code=304, headers=headers)
    content = file.content
    if file.compressed is not None and "gzip" in asked.get("accept-encoding", ""):
        content = file.compressed
        headers["content-encoding"] = "gzip"
    return Response(content, headers=headers | {"content-type": file.media_type})


def _redirect(target: str) -> Callable[[Request], Awaitable[Response]]:
    async def redirect(_request: Request) -> Response:
        return RedirectResponse(target, 307)

    return redirect


def _served(root: Path) -> Iterator[Path]:
    for name in _SINGLE:
        yield root / name
    for folder in _SERVED:
        yield from sorted(path for path in (root / folder).rglob("*") if path.is_file() and path.suffix != ".ts")


def _modules(entry: str, files: dict[str, bytes]) -> list[str]:
    """A module and all that it imports at once, at any remove: a browser would find them out one after another."""
    found: list[str] = []
    waiting = [entry]
    while waiting:
        name = waiting.pop()
        if name in found or name not in files:
            continue
        found.append(name)
        folder = PurePosixPath(name).parent
        imported = _STATIC_IMPORT.findall(files[name].decode())
        waiting += [posixpath.normpath(folder / target) for target in imported]
    return sorted(found)


def _digest(files: dict[str, bytes]) -> str:
    digest = hashlib.sha256()
    for name, content in sorted(files.items()):
        digest.update(name.encode() + b"\0" + hashlib.sha256(content).digest())
    return digest.hexdigest()[:16]
