"""Every refusal of a request, read aloud: what is wrong and what would be right, in no library's words."""

import re
from datetime import date
from enum import StrEnum
from typing import Annotated, Any, Literal
from uuid import UUID

import pytest
from pydantic import BaseModel, Field, TypeAdapter, ValidationError

from functions.api.openapi import document
from functions.api.schemas.common import Line, Secret, Timestamp
from functions.api.wording import words
from tests.functions.api.client import Api


class Kind(StrEnum):
    ONE = "one"
    OTHER = "other"


class Inner(BaseModel):
    name: str


@pytest.mark.parametrize(
    ("kind", "value", "told"),
    [
        (Annotated[Line, Field(min_length=3)], "ab", "This must have at least 3 characters."),
        (Annotated[Line, Field(min_length=1)], "", "This must not be empty."),
        (Annotated[Line, Field(max_length=1)], "ab", "This must have at most 1 character."),
        (Annotated[str, Field(max_length=2)], "abc", "This must have at most 2 characters."),
        (Annotated[Secret, Field(min_length=12)], "short", "This must have at least 12 characters."),
        (Annotated[list[int], Field(min_length=2)], [1], "This must have at least 2 items."),
        (Annotated[frozenset[int], Field(max_length=1)], [1, 2], "This must have at most 1 item."),
        (Annotated[int, Field(ge=1)], 0, "This must be 1 or more."),
        (Annotated[int, Field(le=9)], 10, "This must be 9 or less."),
        (Annotated[float, Field(gt=0)], 0, "This must be more than 0."),
        (Annotated[float, Field(lt=360)], 360, "This must be less than 360."),
        (int, "many", "This must be a whole number."),
        (int, 1.5, "This must be a whole number, without a fraction."),
        (float, "far", "This must be a number."),
        (bool, "perhaps", "This must be true or false."),
        (str, 5, "This must be a text."),
        (list[str], "one", "This must be a list."),
        (UUID, "7", "This must be an id, such as"),
        (date, "yesterday", "This must be a day, such as"),
        (Timestamp, "2026-03-01T08:00:00", "The time has no zone"),
        (Kind, "third", "This must be 'one' or 'other'."),
        (Literal["a", "b"], "c", "This must be 'a' or 'b'."),
        (Inner, "name=x", "send it with Content-Type: application/json"),
        (Inner, [1], "This must be a JSON object"),
        (Inner, {}, "This is required."),
    ],
)
def test_each_kind_of_mistake_is_told_in_words(kind: Any, value: object, told: str) -> None:
    with pytest.raises(ValidationError) as refused:
        TypeAdapter(kind).validate_python(value)
    [found] = refused.value.errors()
    assert words(found).startswith(told) or told in words(found)


@pytest.mark.parametrize(
    ("path", "sent", "pointer", "told"),
    [
        ("/bolos/lists", {"name": ""}, "/name", "This must not be empty."),
        (
            "/users",
            {"email": "a@example.org", "role": "owner"},
            "/role",
            "This must be 'admin', 'reviewer' or 'viewer'.",
        ),
        ("/users", {"email": "ana"}, "/email", "an e-mail address, such as"),
        ("/uploads", {"content_type": "image/heic"}, "/content_type", "video/mp4"),
        ("/cameras", {"region_hint": "GB"}, "/region_hint", "such as gb or us-ca"),
        ("/cameras", [1], "", "This must be a JSON object"),
    ],
)
def test_a_refusal_names_the_place_and_what_would_be_right(
    api: Api, path: str, sent: object, pointer: str, told: str
) -> None:
    reply = api.admin.post(path, sent)
    assert reply.status == 422
    assert any(error["pointer"] == pointer and told in error["detail"] for error in reply.json()["errors"]), reply.body


def test_json_that_is_not_said_to_be_json_is_told_what_it_lacks(api: Api) -> None:
    reply = api.admin.request("POST", "/cameras", raw='{"name": "North gate"}', headers={"content-type": "text/plain"})
    assert reply.status == 422
    assert "Content-Type: application/json" in reply.json()["detail"]


def test_no_message_of_a_route_shows_an_expression_or_a_librarys_words(api: Api) -> None:
    """Each route with a body is sent bodies that are wrong in every field."""
    described, told = document(), set[str]()
    for path, item in described["paths"].items():
        url = re.sub(r"\{\w+\}", "7a4f8c8e-54a3-4a39-9a0e-6c52f2a9f6d1", path)
        for method, operation in item.items():
            content = operation.get("requestBody", {}).get("content", {}).get("application/json", {})
            name = content.get("schema", {}).get("$ref", "").rsplit("/", 1)[-1]
            fields = described["components"]["schemas"].get(name, {}).get("properties", {})
            wrong: tuple[Any, ...] = (5, "", "x", {}, -1e9) if fields else ()
            for value in wrong:
                reply = api.admin.request(method.upper(), url, body=dict.fromkeys(fields, value))
                told |= {error.get("detail", "") for error in reply.json().get("errors", [])} if reply.body else set()
    assert len(told) > 20
    odd = [each for each in told if re.search(r"Input should|should have|[\\^$]|dictionary|valid string", each)]
    assert odd == []
