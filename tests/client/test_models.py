"""What the client takes the API's answers for is what the API says that they are."""

import json
from typing import Any

import pytest
from pydantic.json_schema import models_json_schema

from anpr import messages
from anpr_client import media, models
from anpr_client.calls import Call
from infra.packaging import ROOT

DESCRIBED = json.loads((ROOT / "functions" / "api" / "openapi.json").read_text())

ANSWERS = {
    "Tokens": "TokensOut",
    "User": "UserOut",
    "Camera": "CameraOut",
    "Upload": "UploadCreated",
    "Job": "JobOut",
    "Event": "EventOut",
    "Review": "ReviewOut",
    "Verdict": "VerdictOut",
    "Vehicle": "VehicleOut",
    "BoloList": "ListOut",
    "Entry": "EntryOut",
    "Hit": "HitOut",
    "ImportReport": "ImportOut",
    "Export": "ExportOut",
}


def shape(schema: dict[str, Any], all_schemas: dict[str, Any]) -> object:
    """What a schema lets through, without its words: types, formats, whether null is one. An enumeration is text."""
    if "$ref" in schema:
        return shape(all_schemas[schema["$ref"].rpartition("/")[2]], all_schemas)
    if "anyOf" in schema:
        return frozenset(map(str, (shape(one, all_schemas) for one in schema["anyOf"])))
    if schema.get("type") == "array":
        return ("array", str(shape(schema["items"], all_schemas)))
    if schema.get("type") == "object" and "properties" in schema:
        return "object"
    return (schema.get("type"), schema.get("format"))


def differences(ours: dict[str, Any], theirs: dict[str, Any], mine: dict[str, Any]) -> list[str]:
    """Fields that the API does not have, or has otherwise; looking into what is nested."""
    found = []
    for name, field in ours["properties"].items():
        if name not in theirs["properties"]:
            found.append(name)
            continue
        there = theirs["properties"][name]
        if shape(field, mine) != shape(there, DESCRIBED["components"]["schemas"]):
            found.append(f"{name}: {shape(field, mine)} is {shape(there, DESCRIBED['components']['schemas'])}")
        for inner, outer in zip(_nested(field, mine), _nested(there, DESCRIBED["components"]["schemas"]), strict=False):
            found += [f"{name}.{one}" for one in differences(inner, outer, mine)]
    return found


def _nested(schema: dict[str, Any], all_schemas: dict[str, Any]) -> list[dict[str, Any]]:
    parts = [schema, *schema.get("anyOf", []), schema.get("items", {})]
    named = [all_schemas[part["$ref"].rpartition("/")[2]] for part in parts if "$ref" in part]
    return [one for one in named if "properties" in one]


@pytest.mark.parametrize("name", ANSWERS)
def test_each_answer_has_the_fields_that_the_client_reads(name: str) -> None:
    model = getattr(models, name)
    _keys, schema = models_json_schema([(model, "validation")], ref_template="#/$defs/{model}")
    mine = schema["$defs"]

    assert differences(mine[name], DESCRIBED["components"]["schemas"][ANSWERS[name]], mine) == []


def test_a_field_of_a_newer_backend_is_kept() -> None:
    box = models.Box.model_validate({"xmin": 1, "ymin": 2, "xmax": 3, "ymax": 4, "angle": 5})
    assert box.model_extra == {"angle": 5}


def test_statuses_that_end_are_those_of_the_backend() -> None:
    enums = {name: set(one["enum"]) for name, one in DESCRIBED["components"]["schemas"].items() if "enum" in one}
    assert enums["UploadStatus"] - models.ENDED == {"awaiting_file", "queued", "processing"}
    assert enums["ExportStatus"] - models.EXPORT_ENDED == {"queued", "building"}
    assert enums["UploadStatus"] > models.ENDED
    assert enums["ExportStatus"] > models.EXPORT_ENDED


def test_the_files_that_can_be_sent_are_those_that_can_be_read() -> None:
    assert media.MEDIA_TYPES == messages.MEDIA_TYPES
    assert media.media_type("A.MP4") == "video/mp4"
    assert media.media_type("a.txt") is None


def test_a_body_keeps_what_is_null_and_a_query_leaves_it_out() -> None:
    call = Call(method="PATCH", path="/x", params={"a": None, "b": True, "c": []}, json={"heading": None})
    assert call.arguments() == {"params": {"b": "true"}, "headers": {}, "json": {"heading": None}}
