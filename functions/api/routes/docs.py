"""The API's description, of all groups: the committed file, and a page to read and try it."""

from pathlib import Path

from fastapi import APIRouter, Response
from fastapi.openapi.docs import get_swagger_ui_html
from fastapi.responses import HTMLResponse

from functions.api.access import Access, allows

SCHEMA_FILE = Path(__file__).parent.parent / "openapi.json"

router = APIRouter(include_in_schema=False)


@router.get("/openapi.json")
@allows(Access.PUBLIC)
def get_openapi() -> Response:
    """The OpenAPI document."""
    return Response(SCHEMA_FILE.read_bytes(), media_type="application/json")


@router.get("/docs")
@allows(Access.PUBLIC)
def get_docs() -> HTMLResponse:
    """A page on which the API can be read and tried; its script comes from a public CDN."""
    # Relative, since the API may stand behind a path of which this function knows nothing.
    return get_swagger_ui_html(openapi_url="openapi.json", title="ANPR API")
