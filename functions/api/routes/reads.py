"""/reads: what other engines read."""

from dataclasses import replace
from typing import Annotated, Final, Literal

from fastapi import Depends, Query, Request, Response

from anpr.capture import reads
from functions.api.access import Access, allows
from functions.api.dependencies import Caller
from functions.api.engines import ENGINES
from functions.api.engines.payload import Payload
from functions.api.licensing import within_minutes_first
from functions.api.promises import Promises
from functions.api.resource import Resource
from functions.api.schemas.reads import EngineQuery, ReadIn, ReadList, ReadOut, read_out
from functions.api.services.capture import Capture

MAX_READ_BYTES: Final = 4 * 1024**2
"""What a Lambda takes in one request, if it is no text: it comes to it in Base64."""

EngineName = Literal["axis", "dahua", "genetec", "hikvision", "platerecognizer", "rekor", "unifi"]


async def posted(request: Request) -> Payload:
    """The body as it came: whether it is JSON, a device's `Content-Type` need not say."""
    return Payload.of(request.headers.get("content-type", ""), await request.body())


router = Resource("/reads", tag="reads", about="What cameras and systems read by themselves.")


@router.post(
    "",
    status_code=201,
    summary="Hand in a read",
    max_body_size=MAX_READ_BYTES,
    dependencies=[Depends(within_minutes_first)],
    responses={200: {"model": ReadOut, "description": "It, or its passage, was recorded before."}},
)
@allows(Access.REVIEWER, keys={"reads:write"}, audits={"upload.created"})
def create_read(body: ReadIn, caller: Caller, services: Capture, promises: Promises, response: Response) -> ReadOut:
    """Record what a camera or another system read; it is matched, alerted of, reviewed and kept like any passage."""
    with promises.transaction() as session:
        [recorded] = reads.record(session, caller.actor, [body.read()], services.reading, scope=caller.scope)
    if recorded.outcome is not reads.Outcome.RECORDED:
        response.status_code = 200
    return read_out(recorded)


@router.post(
    "/{engine}",
    summary="Hand in an engine's own message",
    max_body_size=MAX_READ_BYTES,
    dependencies=[Depends(within_minutes_first)],
    openapi_extra={
        "requestBody": {
            "required": True,
            "content": {
                "application/json": {"schema": {}},
                "application/xml": {"schema": {"type": "string"}},
                "multipart/form-data": {"schema": {"type": "object"}},
            },
        }
    },
)
@allows(Access.REVIEWER, keys={"reads:write"}, audits={"upload.created"})
def create_engine_reads(
    engine: EngineName,
    query: Annotated[EngineQuery, Query()],
    caller: Caller,
    services: Capture,
    promises: Promises,
    payload: Annotated[Payload, Depends(posted)],
) -> ReadList:
    """Record the reads of a message as the engine sends it; all of them, or none if one is wrong."""
    found = ENGINES[engine](payload)
    if query.camera is not None:
        found = [replace(read, cameras=(query.camera,)) for read in found]
    with promises.transaction() as session:
        recorded = reads.record(session, caller.actor, found, services.reading, scope=caller.scope)
    return ReadList(items=[read_out(one) for one in recorded])
