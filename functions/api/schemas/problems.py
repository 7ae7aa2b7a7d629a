"""The problem document, for the API's description."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field


class ProblemPart(BaseModel):
    """One thing that is wrong with a request."""

    pointer: Annotated[str, Field(description="JSON pointer into the body, or `/query/…`, `/path/…`, `/header/…`.")]
    detail: str | None = None


class Problem(BaseModel):
    """What went wrong, as RFC 9457 has it."""

    model_config = ConfigDict(
        json_schema_extra={
            "example": {
                "type": "urn:anpr:problem:invalid-payload",
                "title": "Invalid payload",
                "status": 422,
                "detail": "/captured_at: The time has no zone; add Z or an offset such as +02:00.",
                "instance": "/uploads",
                "request_id": "JKJaXmPLvHcESHA=",
                "errors": [
                    {"pointer": "/captured_at", "detail": "The time has no zone; add Z or an offset such as +02:00."}
                ],
            }
        }
    )

    type: Annotated[str, Field(description="Which kind of problem; stable, for programs.")]
    title: str
    status: int
    detail: Annotated[str, Field(description="What happened this time, for people.")]
    instance: str
    request_id: str
    errors: list[ProblemPart] | None = None
