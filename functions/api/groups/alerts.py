"""Wanted plates, their hits, webhooks; health and metrics."""

from typing import Final

from functions.api.resource import Group
from functions.api.routes import bolo_hits, bolo_lists, bolos, health, webhooks
from functions.api.services.alerts import AlertsServices

# Of the routers below /bolos, the one whose paths begin with a parameter comes last.
GROUP: Final = Group(
    "alerts",
    (health.router, bolo_lists.router, bolo_hits.router, bolos.router, webhooks.router),
    AlertsServices,
)
