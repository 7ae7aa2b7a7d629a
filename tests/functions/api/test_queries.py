"""What a query may hold once, and what often."""

from typing import Any
from uuid import uuid4

from functions.api.openapi import document
from tests.functions.api.client import Api


def is_list(schema: dict[str, Any]) -> bool:
    return schema.get("type") == "array" or any(is_list(one) for one in schema.get("anyOf", ()))


def test_whatever_is_no_list_is_refused_twice_by_its_name(api: Api) -> None:
    """Of every operation: the last of two would have counted, and the first might have been meant."""
    tried, wrong = 0, []
    for path, methods in document()["paths"].items():
        for method, operation in methods.items():
            for parameter in operation.get("parameters", ()):
                if parameter["in"] != "query" or is_list(parameter["schema"]):
                    continue
                name = parameter["name"]
                filled = path.format(**{found["name"]: uuid4() for found in operation["parameters"]})
                reply = api.admin.request(method.upper(), filled, params={name: ["1", "1"]})
                told = [one["detail"] for one in reply.json().get("errors", ()) if one["pointer"] == f"/query/{name}"]
                tried += 1
                if reply.status != 422 or "This can be given once only." not in told:
                    wrong.append((method, path, name, reply.status, reply.body))
    assert tried > 50
    assert wrong == []


def test_a_list_takes_as_many_as_are_given(api: Api) -> None:
    reply = api.admin.get("/events", params={"camera_id": [str(uuid4()), str(uuid4())], "limit": 5})

    assert (reply.status, reply.json()["items"]) == (200, [])
