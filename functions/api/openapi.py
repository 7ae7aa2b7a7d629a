"""The API's description: `python -m functions.api.openapi` writes it, `--check` tells whether it is up to date."""

import argparse
import json
import sys
from collections.abc import Sequence
from typing import Any, Final

from fastapi import APIRouter, FastAPI
from fastapi.openapi.utils import get_openapi
from pydantic.json_schema import models_json_schema

from anpr.identity.apikeys import PERMISSIONS
from functions.api import alerts, capture, governance, identity, review
from functions.api.access import ACCESS, Access, Rule, needed
from functions.api.problems import MEDIA_TYPE
from functions.api.routes.docs import SCHEMA_FILE
from functions.api.schemas.cameras import CameraCollection
from functions.api.schemas.problems import Problem

VERSION: Final = "1.0.0"
ROUTERS: Final[Sequence[APIRouter]] = (
    *identity.ROUTERS,
    *capture.ROUTERS,
    *review.ROUTERS,
    *alerts.ROUTERS,
    *governance.ROUTERS,
)

_DESCRIPTION = """Automatic number-plate recognition: footage goes in, passages come out.

Log in at `/auth/login` and send the access token as `Authorization: Bearer`. Errors are problem documents (RFC 9457).
Lists come in pages: ask with `next_cursor` as `cursor` until it is null. Times are RFC 3339, in UTC."""

_TAGS = [
    {"name": "auth", "description": "Log in, stay logged in, log out."},
    {"name": "users", "description": "Accounts and their roles: admin, reviewer, viewer."},
    {"name": "cameras", "description": "Where footage comes from."},
    {"name": "uploads", "description": "Footage on its way in."},
    {"name": "jobs", "description": "The reading of an upload."},
    {"name": "events", "description": "Vehicles' passages, as read."},
    {"name": "feedback", "description": "What people say of the reads: a queue, verdicts, figures."},
    {"name": "exports", "description": "Reviewed events as training data or tables."},
    {"name": "bolos", "description": "Wanted plates: lists, entries, and the hits that they raise."},
    {"name": "webhooks", "description": "Addresses that are told of hits, and what they were told."},
    {"name": "licenses", "description": "What this deployment may use."},
    {"name": "usage", "description": "What was used, by day and camera, and monthly reports."},
    {"name": "admin", "description": "The audit log, legal holds, receipts, and what is kept of a vehicle."},
    {"name": "health", "description": "Whether all is well, and how much was done."},
]
_WHO = {
    Access.PUBLIC: "Anybody.",
    Access.VIEWER: "Viewers, reviewers and administrators.",
    Access.REVIEWER: "Reviewers and administrators.",
    Access.ADMIN: "Administrators.",
    Access.SCRAPER: "Administrators, and whoever has the scrape token.",
}
_REF: Final = "#/components/schemas/{model}"


def document() -> dict[str, Any]:
    """Make the OpenAPI document of all groups."""
    app = FastAPI(generate_unique_id_function=lambda route: route.name)
    for router in ROUTERS:
        app.include_router(router)
    made = get_openapi(
        title="ANPR",
        version=VERSION,
        description=_DESCRIPTION,
        tags=_TAGS,
        # Wherever this document is, the API is beside it.
        servers=[{"url": "./"}],
        routes=app.routes,
    )
    components = made["components"]
    components["securitySchemes"] = {
        "token": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"},
        "key": {"type": "apiKey", "in": "header", "name": "X-API-Key"},
    }
    _, extra = models_json_schema([(Problem, "serialization"), (CameraCollection, "serialization")], ref_template=_REF)
    components["schemas"] = dict(sorted({**components["schemas"], **extra["$defs"]}.items()))
    for unused in ("HTTPValidationError", "ValidationError"):
        components["schemas"].pop(unused, None)
    for path, item in made["paths"].items():
        for method, operation in item.items():
            _complete(operation, ACCESS[method.upper(), path], needed(method.upper(), path))
    return made


def text() -> str:
    """The document as it is committed."""
    return json.dumps(document(), indent=2, ensure_ascii=False) + "\n"


def main(arguments: Sequence[str] | None = None) -> int:
    """Write the document, or compare it with the committed one."""
    parser = argparse.ArgumentParser(prog="python -m functions.api.openapi", description=__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing; fail if the committed file differs")
    options = parser.parse_args(arguments)
    if not options.check:
        SCHEMA_FILE.write_text(text(), encoding="utf-8")
        return 0
    if SCHEMA_FILE.exists() and SCHEMA_FILE.read_text(encoding="utf-8") == text():
        return 0
    sys.stderr.write(f"{SCHEMA_FILE} is out of date; run python -m functions.api.openapi\n")
    return 1


def _complete(operation: dict[str, Any], rule: Rule, permissions: frozenset[str]) -> None:
    """Say who may call an operation, and how it refuses."""
    access = rule.access
    who = [_WHO[access]]
    if rule.everywhere:
        who.append("Nobody who is limited to some cameras.")
    if not rule.person and permissions <= PERMISSIONS:
        who.append(f"**API keys need:** {', '.join(f'`{name}`' for name in sorted(permissions))}.")
    operation["description"] = f"{operation.get('description', '')}\n\n**For:** {' '.join(who)}".strip()
    refusals = {"default": "Any other problem"}
    if access is not Access.PUBLIC:
        operation["security"] = [{"token": []}, {"key": []}]
        refusals |= {
            "401": "No access token, or one that is not good",
            "403": "The caller's role, permissions or cameras are not enough",
        }
    if "422" in operation["responses"]:
        refusals["422"] = "The request is not valid"
    for status, description in refusals.items():
        operation["responses"][status] = {
            "description": description,
            "content": {MEDIA_TYPE: {"schema": {"$ref": _REF.format(model="Problem")}}},
        }


if __name__ == "__main__":
    sys.exit(main())
