"""/v1/plate-reader: what clients call that were written for Plate Recognizer's Snapshot API."""

from collections.abc import Callable, Coroutine
from http import HTTPStatus
from typing import Annotated, Any, Final

from fastapi import Depends, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from fastapi.routing import APIRoute
from starlette.exceptions import HTTPException

from anpr.errors import AnprError
from functions.api.access import Access, allows
from functions.api.answering import Answers, body_of, too_large
from functions.api.licensing import within_minutes_first
from functions.api.problems import retry_headers
from functions.api.resource import Resource
from functions.api.routes.pictures import MOST_BYTES
from functions.api.schemas.plate_reader import Form, SnapshotOut, SnapshotRefusal, snapshot_out
from functions.api.services.reader import Reader

_AS_THEY_SAY: Final = {
    HTTPStatus.UNAUTHORIZED: HTTPStatus.FORBIDDEN,
    HTTPStatus.NOT_FOUND: HTTPStatus.BAD_REQUEST,
    HTTPStatus.CONFLICT: HTTPStatus.BAD_REQUEST,
    HTTPStatus.UNPROCESSABLE_ENTITY: HTTPStatus.BAD_REQUEST,
}
"""Theirs for our status: a bad token is forbidden there, and whatever is wrong with the request, bad."""

_FIELDS: Final = 64 * 1024
"""What the other fields of a form, and its own lines, may take beside the picture."""


class SnapshotRoute(APIRoute):
    """A route that refuses as the Snapshot API does: `{"detail": …, "status_code": …}`."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """Wrap the handler, which checks the caller too."""
        handle = super().get_route_handler()

        async def answer(request: Request) -> Response:
            try:
                return await handle(request)
            except AnprError as error:
                if error.status >= HTTPStatus.INTERNAL_SERVER_ERROR:
                    raise
                return _refusal(error.status, error.detail, retry_headers(error))
            except RequestValidationError as error:
                return _refusal(HTTPStatus.BAD_REQUEST, str(error))
            except HTTPException as error:
                return _refusal(error.status_code, str(error.detail))

        return answer


def _refusal(status: int, detail: str, headers: dict[str, str] | None = None) -> Response:
    told = _AS_THEY_SAY.get(HTTPStatus(status), HTTPStatus(status))
    return JSONResponse(SnapshotRefusal(detail=detail, status_code=told).model_dump(), told, headers)


async def posted_form(request: Request, services: Reader) -> Form:
    """The form, whose picture may come in Base64, a third larger."""
    limit = services.pictures.max_bytes
    body = await body_of(request, limit * 4 // 3 + _FIELDS, services.pictures.arrive_within)
    form = Form.of(request.headers.get("content-type", ""), body)
    if form.file is not None and len(form.file) > limit:
        raise too_large(len(form.file), limit)
    return form


router = Resource("/v1/plate-reader", tag="pictures")
router.route_class = SnapshotRoute

_REFUSALS: Final[dict[int | str, dict[str, Any]]] = {
    status: {"model": SnapshotRefusal, "description": description}
    for status, description in (
        (400, "There is no picture in the form, or something else is wrong with it"),
        (403, "No API key, or one that is not good or may not do this"),
        (413, "The picture is too large"),
        (429, "Too many pictures at once; try again in a second"),
    )
}


_FORM: Final = {
    "requestBody": {
        "required": True,
        "content": {
            "multipart/form-data": {
                "schema": {
                    "type": "object",
                    "properties": {
                        "upload": {"type": "string", "format": "binary", "description": "Or text in Base64."},
                        "regions": {"type": "array", "items": {"type": "string"}},
                        "camera_id": {"type": "string"},
                        "timestamp": {"type": "string", "format": "date-time"},
                        "mmc": {"type": "string"},
                        "config": {"type": "string"},
                    },
                    "required": ["upload"],
                }
            }
        },
    }
}


@router.post(
    "",
    name="read_snapshot_without_slash",
    summary="The same, for clients that leave the slash out",
    max_body_size=MOST_BYTES,
    dependencies=[Depends(within_minutes_first)],
    responses=_REFUSALS,
    openapi_extra=_FORM,
)
@router.post(
    "/",
    summary="Read a picture, as Plate Recognizer's Snapshot API does",
    max_body_size=MOST_BYTES,
    dependencies=[Depends(within_minutes_first)],
    responses=_REFUSALS,
    openapi_extra=_FORM,
)
@allows(Access.REVIEWER, keys={"pictures:write"}, audits={"upload.created"})
def read_snapshot(answers: Answers, form: Annotated[Form, Depends(posted_form)]) -> SnapshotOut:
    """Read a picture for a client that was written for another service: it changes the address and the token.

    Send an API key as `Authorization: Token …`. With a `camera_id` that is a camera's id, name or serial number here,
    the plates are recorded; without one, nothing is kept. `mmc` is ignored: of the vehicle nothing is known.
    """
    asked = form.asked()
    return snapshot_out(answers.answer(asked), form, asked)
