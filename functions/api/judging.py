"""What the routes of review work with, and how they ask for it."""

from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends

from anpr.alerts.bolos import Matcher
from anpr.settings import ReviewSettings
from functions.api.dependencies import Services, needed


@dataclass(frozen=True, slots=True)
class JudgingServices:
    """What review needs.

    Attributes:
        matcher: finds wanted plates; kept, because it compiles their patterns once.
        settings: leases and limits.
    """

    matcher: Matcher
    settings: ReviewSettings


def judging(services: Services) -> JudgingServices:
    return needed(services.judging, "what review needs")


Judging = Annotated[JudgingServices, Depends(judging)]
