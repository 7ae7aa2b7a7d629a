"""The API's description, of all groups: the committed file, and a page to read and try it."""

from pathlib import Path
from typing import Final

from fastapi import APIRouter, Response
from fastapi.responses import HTMLResponse

from functions.api.access import Access, allows

SCHEMA_FILE = Path(__file__).parent.parent / "openapi.json"

# Addresses are relative, since the API may stand behind a path of which this function knows nothing. The page's script
# and style come from the console beside it, which has swagger-ui with its other libraries.
_PAGE: Final = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>ANPR API</title>
<link rel="icon" href="console/icon.svg">
<link rel="stylesheet" href="console/vendor/swagger-ui-dist/swagger-ui.css">
</head>
<body>
<div id="swagger-ui" data-description="openapi.json"></div>
<noscript>This page needs JavaScript; the description itself is <a href="openapi.json">openapi.json</a>.</noscript>
<script src="console/vendor/swagger-ui-dist/swagger-ui-bundle.js"></script>
<script src="console/app/docs.js"></script>
</body>
</html>
"""
# swagger-ui sets styles by attribute, and shows pictures that it has in itself.
_POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; "
    "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)

router = APIRouter(include_in_schema=False)


@router.get("/openapi.json")
@allows(Access.PUBLIC)
def get_openapi() -> Response:
    """The OpenAPI document."""
    return Response(SCHEMA_FILE.read_bytes(), media_type="application/json")


@router.get("/docs")
@allows(Access.PUBLIC)
def get_docs() -> HTMLResponse:
    """A page on which the API can be read and tried; nothing on it comes from elsewhere."""
    return HTMLResponse(_PAGE, headers={"content-security-policy": _POLICY, "x-content-type-options": "nosniff"})
