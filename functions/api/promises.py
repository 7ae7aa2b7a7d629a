"""Publishing what a request promised, right after its commit."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends
from sqlalchemy.orm import Session

from anpr import outbox
from anpr.errors import Unavailable
from functions.api.dependencies import RequestTelemetry
from functions.api.services import Publishing, services

_LIMIT = 20
"""A request relays little more than its own events; what others left behind is the sweep's."""


@dataclass(frozen=True, slots=True)
class Relay:
    """Relays the outbox for one request."""

    services: Annotated[Publishing, Depends(services)]
    telemetry: RequestTelemetry

    @contextmanager
    def transaction(self) -> Iterator[Session]:
        """A transaction whose events are published once it has committed.

        A bus that is down does not fail the request: the sweep publishes them later.
        """
        with self.services.database.transaction() as session:
            yield session
        try:
            outbox.relay(self.services.database, self.services.bus, limit=_LIMIT)
        except Unavailable:
            self.telemetry.logger.warning("events not relayed", exc_info=True)


Promises = Annotated[Relay, Depends(Relay)]
