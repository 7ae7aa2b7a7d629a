"""Passages, verdicts on them, vehicles known by name, exports."""

from typing import Final

from functions.api.resource import Group
from functions.api.routes import events, exports, feedback, insight, vehicles
from functions.api.services.review import ReviewServices

GROUP: Final = Group(
    "review",
    (events.router, feedback.router, vehicles.router, exports.router, insight.router),
    ReviewServices,
)
