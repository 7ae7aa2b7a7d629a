from typing import Any

import pytest

from functions.api import openapi
from functions.api.access import ACCESS, Access


@pytest.fixture(scope="module")
def document() -> dict[str, Any]:
    return openapi.document()


def test_the_committed_description_is_up_to_date() -> None:
    assert openapi.main(["--check"]) == 0, "run python -m functions.api.openapi"


def test_a_stale_description_is_noticed(tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    stale = tmp_path / "openapi.json"
    monkeypatch.setattr(openapi, "SCHEMA_FILE", stale)
    assert openapi.main(["--check"]) == 1
    stale.write_text("{}")
    assert openapi.main(["--check"]) == 1
    assert openapi.main([]) == 0
    assert openapi.main(["--check"]) == 0


def operations(document: dict[str, Any]) -> dict[tuple[str, str], dict[str, Any]]:
    return {(method.upper(), path): found for path, item in document["paths"].items() for method, found in item.items()}


def test_every_route_is_described(document: dict[str, Any]) -> None:
    described = set(operations(document))
    assert described == set(ACCESS) - {("GET", "/docs"), ("GET", "/openapi.json")}


def test_each_operation_says_who_may_call_it_and_how_it_refuses(document: dict[str, Any]) -> None:
    for route, operation in operations(document).items():
        assert bool(operation.get("security")) == (ACCESS[route].access is not Access.PUBLIC), route
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
