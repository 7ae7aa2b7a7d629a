"""Health."""

from typing import Annotated, Literal

from pydantic import Field

from functions.api.schemas.common import ResponseModel


class Alive(ResponseModel):
    """The process answers."""

    status: Literal["ok"] = "ok"


class ProbeOut(ResponseModel):
    """One service that the backend needs."""

    ok: bool
    latency_ms: float
    error: Annotated[str | None, Field(description="What is wrong, in words.")]


class HealthOut(ResponseModel):
    """All of them."""

    ok: bool
    checks: dict[str, ProbeOut]
