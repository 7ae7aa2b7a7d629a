"""Passages, verdicts on them, exports."""

from typing import Final

from functions.api.resource import Group
from functions.api.routes import events, exports, feedback, insight
from functions.api.services.review import ReviewServices

GROUP: Final = Group("review", (events.router, feedback.router, exports.router, insight.router), ReviewServices)
