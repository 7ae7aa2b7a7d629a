"""Every text that a request can carry, at every route: none may reach a query that it would break."""

import base64
from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import pytest

from functions.api.openapi import document
from tests.functions.api.client import Api

DOCUMENT = document()
HALF_A_PAIR, NUL = "half \ud800 a pair", "a\0b"
_SAMPLES = {
    "uuid": "7a4f8c8e-54a3-4a39-9a0e-6c52f2a9f6d1",
    "date": "2026-05-01",
    "date-time": "2026-05-01T08:30:00Z",
}


def operations() -> list[tuple[str, str, dict[str, Any]]]:
    return [
        (method.upper(), path, operation)
        for path, item in DOCUMENT["paths"].items()
        for method, operation in item.items()
    ]


def resolved(schema: dict[str, Any]) -> dict[str, Any]:
    """A schema without references, and of several the one that is not null."""
    if "$ref" in schema:
        return resolved(DOCUMENT["components"]["schemas"][schema["$ref"].rsplit("/", 1)[1]])
    if "anyOf" in schema:
        return resolved(next(one for one in schema["anyOf"] if one.get("type") != "null"))
    return schema


def sample(schema: dict[str, Any]) -> Any:
    """A value of the right type; that it keeps all rules does not matter, since each broken one is reported."""
    schema = resolved(schema)
    match schema.get("type"):
        case "object":
            return {name: sample(member) for name, member in schema.get("properties", {}).items()}
        case "array":
            return [sample(schema["items"])]
        case "integer" | "number":
            return schema.get("minimum", 1)
        case "boolean":
            return True
        case _:
            return schema["enum"][0] if "enum" in schema else _SAMPLES.get(schema.get("format", ""), "text")


def with_text(schema: dict[str, Any], text: str) -> Iterator[tuple[str, bool, Any]]:
    """Each place that takes a text: its JSON pointer, whether it is a secret, and a value with `text` there."""
    schema = resolved(schema)
    if schema.get("type") == "string":
        yield "", schema.get("format") == "password", text
    elif schema.get("type") == "array":
        for pointer, secret, value in with_text(schema["items"], text):
            yield f"/0{pointer}", secret, [value]
    elif schema.get("type") == "object":
        for name, member in schema.get("properties", {}).items():
            for pointer, secret, value in with_text(member, text):
                yield f"/{name}{pointer}", secret, {**sample(schema), name: value}


def in_place(path: str, **given: str) -> str:
    """A path with its parameters filled in."""
    for part in path.split("/"):
        if part.startswith("{"):
            path = path.replace(part, given.get(part[1:-1], "AB123" if part == "{plate}" else str(uuid4())))
    return path


def is_well(api: Api) -> bool:
    """Whether each connection gives the answers to its own questions."""
    return [api.viewer.get("/users").status, api.admin.get("/users/me").json()["role"]] == [403, "admin"]


@pytest.mark.parametrize("text", [HALF_A_PAIR, NUL])
def test_no_body_carries_a_text_that_is_none(api: Api, text: str) -> None:
    places = 0
    for method, path, operation in operations():
        schema = operation.get("requestBody", {}).get("content", {}).get("application/json", {}).get("schema")
        for pointer, secret, body in with_text(schema, text) if schema else ():
            reply = api.admin.request(method, in_place(path), body=body, headers={"x-anpr-session": "1"})
            case = method, path, pointer, reply.body
            assert 400 <= reply.status < 500, case
            # A password may hold anything that is text: it is hashed and never stored.
            if not secret or text == HALF_A_PAIR:
                assert reply.status == 422, case
                assert pointer in [error["pointer"] for error in reply.json()["errors"]], case
            places += 1
    assert places > 50
    assert is_well(api)


def test_no_parameter_carries_a_text_that_is_none(api: Api) -> None:
    places = 0
    for method, path, operation in operations():
        for parameter in operation.get("parameters", []):
            if resolved(parameter["schema"]).get("type") not in ("string", "array"):
                continue
            name, place = parameter["name"], parameter["in"]
            for text in (NUL, "\ufffd", "\x7f"):
                reply = api.admin.request(
                    method,
                    in_place(path, **{name: text}) if place == "path" else in_place(path),
                    params={name: text} if place == "query" else None,
                    headers={name: text} if place == "header" else None,
                    body={} if method in ("POST", "PUT", "PATCH") else None,
                )
                assert reply.status < 500, (method, path, name, text, reply.body)
                if text == NUL and place == "query":
                    assert reply.status == 422, (method, path, name, reply.body)
                    assert f"/query/{name}" in [
                        error["pointer"].removesuffix("/0") for error in reply.json()["errors"]
                    ], (method, path, name, reply.body)
                places += 1
    assert places > 200
    assert is_well(api)


def test_bytes_that_are_no_text_in_a_url_are_no_error_of_ours(api: Api) -> None:
    for path in ("/admin/subjects/%ED%A0%80", "/admin/subjects/%00", "/users/%ED%A0%80", "/%ED%A0%80", "/%00"):
        for method in ("GET", "DELETE"):
            reply = api.admin.request(method, path, params={"reason": "asked for it"})
            assert 400 <= reply.status < 500, (method, path, reply.body)
    assert is_well(api)


@pytest.mark.parametrize("header", ["authorization", "x-api-key", "idempotency-key", "user-agent", "x-request-id"])
def test_no_header_carries_a_text_that_breaks_a_query(api: Api, header: str) -> None:
    texts = (NUL, f"Bearer {NUL}", f"Bearer anpr_{NUL}", "anpr_\0", f"anpr_{'0' * 32}_\0", "é\x7f\ufffd", "x" * 9000)
    for text in texts:
        client = api.anonymous if header in ("authorization", "x-api-key") else api.admin
        reply = client.post("/uploads", {}, headers={header: text})
        assert reply.status in (401, 422), (text, reply.body)
    assert is_well(api)


def cursor(content: str) -> str:
    return base64.urlsafe_b64encode(content.encode()).rstrip(b"=").decode()


def test_no_cursor_carries_a_text_that_breaks_a_query(api: Api) -> None:
    at, row_id = '"2026-05-01T00:00:00+00:00"', f'"{uuid4()}"'
    for kind in ("users", "events", "\\ud800", "\\u0000"):
        for content in (
            f'[1, "{kind}", "\\ud800", {row_id}]',
            f'[1, "{kind}", {at}, "\\ud800"]',
            f'[1, "{kind}", {at}, "\\u0000"]',
            f'[1, "{kind}", "0001-01-01T00:00:00+23:59", {row_id}]',
            f'["\\ud800", "{kind}", {at}, {row_id}]',
        ):
            for path in ("/users", "/events", "/cameras", "/bolos", "/admin/audit"):
                reply = api.admin.get(path, params={"cursor": cursor(content)})
                assert reply.status in (200, 400, 422), (path, content, reply.body)
    assert is_well(api)


def test_no_import_carries_a_text_that_breaks_a_query(api: Api) -> None:
    list_id = api.admin.post("/bolos/lists", {"name": "stolen"}).json()["id"]
    for content in (
        b"pattern\nAB\x00123\n",
        b"pattern\nAB\xed\xa0\x80123\n",
        b"pattern,reason\nAB123,a\x00b\n",
        b"\x00",
        b"\xff\xfe",
    ):
        reply = api.admin.request(
            "POST",
            f"/bolos/lists/{list_id}/import",
            raw=content.decode("latin-1"),
            headers={"content-type": "text/csv"},
        )
        assert reply.status < 500, (content, reply.body)
    assert is_well(api)
