"""The API's description: `python -m functions.api.openapi` writes it, `--check` tells whether it is up to date."""

import argparse
import json
import sys
from collections.abc import Collection, Sequence
from typing import Any, Final

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from pydantic.json_schema import models_json_schema

from functions.api import access_table
from functions.api.access import Access, Rule, rule_of
from functions.api.app import routes_of
from functions.api.problems import MEDIA_TYPE
from functions.api.resource import Resource
from functions.api.routes.docs import SCHEMA_FILE
from functions.api.schemas.cameras import CameraCollection
from functions.api.schemas.problems import Problem
from functions.api.whole import GROUPS

VERSION: Final = "1.0.0"

_DESCRIPTION = """Automatic number-plate recognition: footage goes in, passages come out.

Log in at `/auth/login` and send the access token as `Authorization: Bearer`. Where another service logs people in, such
as a Supabase project's Auth, send its tokens instead; what is about passwords then answers 501. Errors are problem
documents (RFC 9457). Lists come in pages: ask with `next_cursor` as `cursor` until it is null. Times are RFC 3339, in
UTC."""

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
    resources = [router for group in GROUPS for router in group.resources]
    for router in resources:
        app.include_router(router)
    made = get_openapi(
        title="ANPR",
        version=VERSION,
        description=_DESCRIPTION,
        tags=[
            {"name": router.tag, "description": router.about}
            for router in resources
            if isinstance(router, Resource) and router.about
        ],
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
    properties = components["schemas"]["ApiKeyIn"]["properties"]
    properties["permissions"]["items"]["enum"] = access_table.permissions(GROUPS)
    for method, route in routes_of(resources):
        if route.include_in_schema:
            _complete(made["paths"][route.path][method.lower()], rule_of(route.endpoint))
    return made


def text() -> str:
    """The document as it is committed."""
    return json.dumps(document(), indent=2, ensure_ascii=False) + "\n"


def main(arguments: Sequence[str] | None = None) -> int:
    """Write the document and the table of who may call what, or compare them with the committed ones."""
    parser = argparse.ArgumentParser(prog="python -m functions.api.openapi", description=main.__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing; fail if a committed file differs")
    options = parser.parse_args(arguments)
    stale = 0
    for file, content in ((SCHEMA_FILE, text()), (access_table.TABLE_FILE, access_table.text(GROUPS))):
        if not options.check:
            file.write_text(content, encoding="utf-8")
        elif not file.exists() or file.read_text(encoding="utf-8") != content:
            sys.stderr.write(f"{file} is out of date; run python -m functions.api.openapi\n")
            stale = 1
    return stale


def _complete(operation: dict[str, Any], rule: Rule) -> None:
    """Say who may call an operation, what that puts on record, and how it refuses."""
    who = [_WHO[rule.access]]
    if rule.everywhere:
        who.append("Nobody who is limited to some cameras.")
    if rule.keys:
        who.append(f"**API keys need:** {_listed(rule.keys)}.")
    about = [operation.get("description", ""), f"**For:** {' '.join(who)}"]
    if rule.audits:
        about.append(f"**On record:** {_listed(rule.audits)}.")
    operation["description"] = "\n\n".join(about).strip()
    refusals = {"default": "Any other problem"}
    if rule.access is not Access.PUBLIC:
        # What stands in brackets is, since OpenAPI 3.1, a role or a permission that the scheme itself knows nothing of.
        operation["security"] = [{"token": [rule.access.value]}, *([{"key": sorted(rule.keys)}] if rule.keys else [])]
        # A route that refuses strangers in a form of its own says so itself.
        if "403" not in operation["responses"]:
            refusals |= {
                "401": "No access token, or one that is not good",
                "403": "The caller's role, permissions or cameras are not enough",
            }
    if "422" in operation["responses"]:
        refusals["422"] = "The request is not valid"
    if "501" in operation["responses"]:
        refusals["501"] = operation["responses"]["501"]["description"]
    for status, description in refusals.items():
        operation["responses"][status] = {
            "description": description,
            "content": {MEDIA_TYPE: {"schema": {"$ref": _REF.format(model="Problem")}}},
        }


def _listed(names: Collection[str]) -> str:
    return ", ".join(f"`{name}`" for name in sorted(names))


if __name__ == "__main__":
    sys.exit(main())
