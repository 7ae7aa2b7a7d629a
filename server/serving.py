"""What the processes have in common that answer requests: one server, one way to report, an end in good order."""

import logging
import signal
from collections.abc import Callable
from typing import Literal

import uvicorn
from starlette.types import ASGIApp

from anpr import bootstrap, tracing
from functions.api.telemetry import PlainTelemetry, Telemetry
from server.settings import ServerSettings


def serve(
    process: str,
    settings: ServerSettings,
    make_app: Callable[[Telemetry], ASGIApp],
    *,
    lifespan: Literal["auto", "off"] = "auto",
) -> int:
    """Serve until SIGTERM or SIGINT, and send then what was traced.

    Args:
        process: name of the process.
        settings: where it listens, and how it ends.
        make_app: makes the application, of what its requests are reported by.
        lifespan: whether the application is told that the server starts and ends.

    Returns:
        The exit status.
    """
    logger = logging.getLogger(process)
    telemetry = bootstrap.telemetry(f"anpr-{process}")
    report = PlainTelemetry(logger)
    if telemetry is not None:
        # The framework begins each request's span by itself, and times it.
        telemetry.serve_all()
        tracing.record_by(telemetry)
        report = PlainTelemetry(logger, count_too=telemetry.count)
    server = uvicorn.Server(
        uvicorn.Config(
            make_app(report),
            host=settings.host,
            port=settings.port,
            # Our own line for each request has more in it.
            access_log=False,
            log_config=None,
            lifespan=lifespan,
            proxy_headers=True,
            forwarded_allow_ips=settings.forwarded_from,
            server_header=False,
            timeout_graceful_shutdown=round(settings.drain_s),
        )
    )
    for number in (signal.SIGTERM, signal.SIGINT):
        # The server raises anew, at its end, the signal that ended it; there is something to do yet.
        signal.signal(number, lambda *_: None)
    server.run()
    if telemetry is not None:
        telemetry.close()
    return 0 if server.started else 1
