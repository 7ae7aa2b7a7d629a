"""Errors as RFC 9457 problem documents, by one renderer."""

import json
from collections.abc import Mapping, Sequence
from http import HTTPStatus

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.responses import Response

from anpr.errors import AnprError, NotOffered
from functions.api.wording import words

MEDIA_TYPE = "application/problem+json"
_TYPE_PREFIX = "urn:anpr:problem:"


def problem_response(
    *,
    status: int,
    code: str,
    title: str,
    detail: str,
    extra: Mapping[str, object] | None = None,
    headers: Mapping[str, str] | None = None,
) -> Response:
    """Render one problem document."""
    document = {"type": _TYPE_PREFIX + code, "title": title, "status": status, "detail": detail, **(extra or {})}
    # ASCII only: a client may have sent half a surrogate pair, which UTF-8 cannot carry back.
    body = json.dumps(document, default=str)
    return Response(body, status, headers=dict(headers or {}), media_type=MEDIA_TYPE)


def retry_headers(error: AnprError) -> dict[str, str]:
    """Say when the same request is worth another try, where it is."""
    return {} if error.retry_after_s is None else {"retry-after": str(error.retry_after_s)}


def install(app: FastAPI) -> None:
    """Make an application answer every expected error with a problem document."""
    app.add_exception_handler(AnprError, _domain_error)
    app.add_exception_handler(RequestValidationError, _validation_error)
    app.add_exception_handler(HTTPException, _http_error)


def _render(request: Request, error: AnprError, headers: Mapping[str, str] | None = None) -> Response:
    return problem_response(
        status=error.status,
        code=error.code,
        title=error.title,
        detail=error.detail,
        extra={"instance": request.url.path, "request_id": request.state.request_id, **error.extra},
        headers=headers,
    )


def _domain_error(request: Request, error: Exception) -> Response:
    if not isinstance(error, AnprError):
        raise error
    headers = retry_headers(error)
    if error.status == HTTPStatus.UNAUTHORIZED:
        headers["www-authenticate"] = "Bearer"
    if error.status >= HTTPStatus.INTERNAL_SERVER_ERROR and not isinstance(error, NotOffered):
        request.app.state.telemetry.logger.warning(
            error.detail, extra={"request_id": request.state.request_id, "reason": error.explained}, exc_info=error
        )
    return _render(request, error, headers)


def _validation_error(request: Request, error: Exception) -> Response:
    if not isinstance(error, RequestValidationError):
        raise error
    errors = [{"pointer": _pointer(found["loc"]), "detail": words(found)} for found in error.errors()]
    first = errors[0]
    where = first["pointer"] or "the body"
    return problem_response(
        status=HTTPStatus.UNPROCESSABLE_ENTITY,
        code="invalid-payload",
        title="Invalid payload",
        detail=f"{where}: {first['detail']}",
        extra={"instance": request.url.path, "request_id": request.state.request_id, "errors": errors},
    )


def _http_error(request: Request, error: Exception) -> Response:
    """What Starlette itself answers: no such route, a body that is too large or not readable."""
    if not isinstance(error, HTTPException):
        raise error
    status = HTTPStatus(error.status_code)
    details = {
        HTTPStatus.NOT_FOUND: f"There is nothing at {request.url.path}.",
    }
    return problem_response(
        status=status,
        code=status.phrase.lower().replace(" ", "-"),
        title=status.phrase,
        detail=details.get(status, str(error.detail)),
        extra={"instance": request.url.path, "request_id": request.state.request_id},
        headers=error.headers,
    )


def _pointer(location: Sequence[int | str]) -> str:
    """A JSON pointer into the body; for anything else, its place and name: `/query/limit`."""
    parts = [str(part) for part in location]
    if parts[:1] == ["body"]:
        # JSON that cannot be parsed is located by an offset, which is no member of it.
        parts = [part for part in parts[1:] if not part.isdigit() or len(parts) > 2]
    return "".join("/" + part.replace("~", "~0").replace("/", "~1") for part in parts)
