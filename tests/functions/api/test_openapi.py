import ast
import json
from pathlib import Path
from typing import Any

import pytest

import anpr
from anpr import audit
from functions.api import access_table, openapi
from functions.api.access import Access, Rule
from tests.functions.api.client import RULES


@pytest.fixture(scope="module")
def document() -> dict[str, Any]:
    return openapi.document()


def test_the_committed_description_and_table_are_up_to_date() -> None:
    assert openapi.main(["--check"]) == 0, "run python -m functions.api.openapi"


@pytest.mark.parametrize("stale", ["openapi.json", "access.json"])
def test_a_stale_file_is_noticed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, stale: str) -> None:
    monkeypatch.setattr(openapi, "SCHEMA_FILE", tmp_path / "openapi.json")
    monkeypatch.setattr(access_table, "TABLE_FILE", tmp_path / "access.json")
    assert openapi.main(["--check"]) == 1
    assert openapi.main([]) == 0
    assert openapi.main(["--check"]) == 0
    (tmp_path / stale).write_text("{}")
    assert openapi.main(["--check"]) == 1


def test_the_table_says_of_each_route_what_the_route_says() -> None:
    committed = json.loads(access_table.TABLE_FILE.read_bytes())
    rules = {
        tuple(route.split(" ")): Rule(
            Access(row["access"]), frozenset(row["keys"]), row["everywhere"], frozenset(row["audits"])
        )
        for route, row in committed.items()
    }
    assert rules == RULES


def test_what_a_key_needs_is_offered_where_one_is_made(document: dict[str, Any]) -> None:
    needed = {
        name
        for operation in operations(document).values()
        for scheme in operation.get("security", ())
        for name in scheme.get("key", ())
    }
    made = document["components"]["schemas"]["ApiKeyIn"]["properties"]["permissions"]
    assert set(made["items"]["enum"]) == needed == access_table.key_permissions()


def test_what_a_route_says_that_it_audits_is_something_that_is_recorded() -> None:
    known = {action.value for action in audit.Action}
    for file in Path(anpr.__file__).parent.rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text())):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "record":
                known |= {str(one.value) for one in node.args if isinstance(one, ast.Constant)}
    declared = {action for rule in RULES.values() for action in rule.audits}
    assert declared - known == set()


def operations(document: dict[str, Any]) -> dict[tuple[str, str], dict[str, Any]]:
    return {(method.upper(), path): found for path, item in document["paths"].items() for method, found in item.items()}


def test_every_route_is_described(document: dict[str, Any]) -> None:
    described = set(operations(document))
    assert described == set(RULES) - {("GET", "/docs"), ("GET", "/openapi.json")}


def test_each_operation_says_who_may_call_it_and_how_it_refuses(document: dict[str, Any]) -> None:
    for route, operation in operations(document).items():
        assert bool(operation.get("security")) == (RULES[route].access is not Access.PUBLIC), route
        assert operation["summary"], route
        assert "**For:**" in operation["description"], route
        refusals = {status: found for status, found in operation["responses"].items() if status in ("422", "default")}
        assert refusals, route
        for found in refusals.values():
            assert list(found["content"]) == ["application/problem+json"], route


def test_operations_have_names_of_their_own(document: dict[str, Any]) -> None:
    names = [operation["operationId"] for operation in operations(document).values()]
    assert len(names) == len(set(names))


def test_every_reference_leads_somewhere(document: dict[str, Any]) -> None:
    schemas = document["components"]["schemas"]
    found: list[str] = []

    def walk(node: object) -> None:
        if isinstance(node, dict):
            reference = node.get("$ref")
            if isinstance(reference, str):
                found.append(reference)
            for value in node.values():
                walk(value)
        elif isinstance(node, list):
            for value in node:
                walk(value)

    walk(document)
    assert found
    assert {reference.removeprefix("#/components/schemas/") for reference in found} <= set(schemas)
