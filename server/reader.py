"""`python -m server reader`: the process that answers single pictures, with the models in its memory."""

from dataclasses import dataclass

from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from anpr import bootstrap
from anpr.capture.pictures import PictureReader
from anpr.settings import DatabaseSettings
from functions.api.app import create_app
from functions.api.groups.reader import GROUP
from functions.api.services.reader import ReaderServices
from functions.api.telemetry import Telemetry
from gpu_worker.service.picture_reader import ReaderSettings, build_picture_reader
from gpu_worker.vision.settings import VisionSettings
from server.admission import Admission
from server.browsers import for_browsers
from server.serving import serve
from server.settings import ServerSettings

_ALIVE = "/alive"


@dataclass(frozen=True, slots=True)
class Reading:
    """What the application answers with.

    Attributes:
        reader: reads pictures.
        places: requests that it may have at once.
        report: what requests are reported by.
    """

    reader: PictureReader
    places: int
    report: Telemetry


def make_app(settings: ServerSettings, reading: Reading) -> ASGIApp:
    """Make the application.

    Raises:
        pydantic.ValidationError: a setting is missing or wrong.
        anpr.errors.Unavailable: what says where the database is cannot be read.
    """
    database = bootstrap.database(DatabaseSettings().for_threads(settings.connections))
    api = create_app(GROUP, ReaderServices.around(reading.reader, database), reading.report)
    admitting = Admission(api, places=reading.places)

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope["path"] == _ALIVE:
            # For whoever started it: the models are loaded.
            await JSONResponse({"status": "ok"})(scope, receive, send)
            return
        await admitting(scope, receive, send)

    return for_browsers(app, settings.browser_origins)


def main() -> int:
    """Serve until SIGTERM or SIGINT; returns the exit status."""
    settings, bounds = ServerSettings(), ReaderSettings()

    def make(report: Telemetry) -> ASGIApp:
        reader = build_picture_reader(VisionSettings(), bounds)
        return make_app(settings, Reading(reader, bounds.at_once + bounds.waiting, report))

    return serve("reader", settings, make, lifespan="off")
