"""`python -m server api`: every group of the API in one process, under uvicorn."""

from starlette.types import ASGIApp, Receive, Scope, Send

from anpr import bootstrap
from anpr.messages import CROPS_PREFIX
from anpr.settings import DatabaseSettings
from functions.api.telemetry import Telemetry
from functions.api.whole import WholeApi, wire
from functions.console.settings import ConsoleSettings, origin_of
from functions.console.site import console_site
from server.browsers import for_browsers
from server.notices import PREFIX, NoticePages
from server.serving import serve
from server.settings import ServerSettings


def make_app(settings: ServerSettings, report: Telemetry) -> ASGIApp:
    """Make the application: the API, the web console, and the pages that the links in e-mails lead to.

    Args:
        settings: the process's.
        report: what requests are reported by.

    Raises:
        pydantic.ValidationError: a setting is missing or wrong.
        anpr.errors.Unavailable: what says where the database is cannot be read.
    """
    database = bootstrap.database(DatabaseSettings().for_threads(settings.connections))
    api = WholeApi(wire(database), report)
    pages = NoticePages(database)
    console = _console()

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        chosen: ASGIApp = api
        if scope["type"] == "http":
            path: str = scope["path"]
            if path.startswith(PREFIX):
                chosen = pages
            elif path == "/" or path.split("/")[1] == "console":
                chosen = console
        await chosen(scope, receive, send)

    return for_browsers(app, settings.browser_origins)


def _console() -> ASGIApp:
    """The web console, told where pictures come from, by a link as the storage makes them, and where people log in."""
    settings = ConsoleSettings()
    if settings.storage_origin is None:
        link = bootstrap.blob_store().presign_get(f"{CROPS_PREFIX}any")
        settings = settings.model_copy(update={"media_origin": origin_of(link)})
    provider = bootstrap.login_provider()
    if provider is not None and provider.browser is not None and settings.auth_url is None:
        settings = settings.model_copy(update={"auth_url": provider.browser.url, "auth_key": provider.browser.key})
    return console_site(settings)


def main() -> int:
    """Serve until SIGTERM or SIGINT; returns the exit status."""
    settings = ServerSettings()
    return serve("api", settings, lambda report: make_app(settings, report))
