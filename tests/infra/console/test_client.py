"""The generated client is what the API's description says, and the description's types come through."""

import json
from pathlib import Path

import pytest

from infra.console import client

THING = {"$ref": "#/components/schemas/Thing"}
DOCUMENT = {
    "paths": {
        "/things/{thing_id}": {
            "get": {
                "operationId": "get_thing",
                "summary": "Get a thing",
                "parameters": [
                    {"name": "thing_id", "in": "path", "required": True, "schema": {"type": "string"}},
                    {"name": "kind", "in": "query", "schema": {"type": "array", "items": {"type": "string"}}},
                    {"name": "if-none-match", "in": "header", "schema": {"type": "string"}},
                ],
                "responses": {"200": {"content": {"application/json": {"schema": THING}}}},
            },
            "delete": {
                "operationId": "remove_thing",
                "summary": "Remove a thing",
                "parameters": [{"name": "thing_id", "in": "path", "required": True, "schema": {"type": "string"}}],
                "responses": {"204": {}},
            },
        }
    },
    "components": {
        "schemas": {
            "Thing": {
                "type": "object",
                "description": "A */ thing.",
                "required": ["id"],
                "properties": {
                    "id": {"type": "string"},
                    "colour": {"enum": ["red", "blue"]},
                    "parts": {"type": "array", "items": {"anyOf": [{"type": "integer"}, {"type": "null"}]}},
                    "odd-name": {"type": "object", "additionalProperties": {"type": "number"}},
                },
            }
        }
    },
}


def made(document: object, tmp_path: Path) -> tuple[str, str]:
    description = tmp_path / "openapi.json"
    description.write_text(json.dumps(document))
    files = client.generated(description)
    return files[client.OPERATIONS], files[client.TYPES]


def test_the_committed_client_is_up_to_date() -> None:
    assert client.stale() == [], "run python -m infra.console client"


def test_an_operation_is_a_function_of_its_parameters(tmp_path: Path) -> None:
    operations, types = made(DOCUMENT, tmp_path)

    assert "export const getThing = (args, options) =>" in operations
    assert "call('GET', '/things/{thing_id}', args, ['kind'], options);" in operations
    assert "@returns {Promise<import('./schema.d.ts').Thing>}" in operations
    assert "@returns {Promise<void>}" in operations
    assert "thing_id: string;\n  kind?: Array<string>;" in types


def test_a_schema_is_a_type(tmp_path: Path) -> None:
    _, types = made(DOCUMENT, tmp_path)

    assert '  id: string;\n  colour?: "red" | "blue";\n  parts?: Array<number | null>;' in types
    assert '  "odd-name"?: Record<string, number>;' in types
    # A description cannot end the comment that it is in.
    assert "/** A * / thing. */" in types


def test_parameters_that_could_not_be_told_apart_are_refused(tmp_path: Path) -> None:
    document = json.loads(json.dumps(DOCUMENT))
    parameters = document["paths"]["/things/{thing_id}"]["get"]["parameters"]
    parameters.append({"name": "thing_id", "in": "query", "schema": {"type": "string"}})

    with pytest.raises(ValueError, match="thing_id"):
        made(document, tmp_path)
