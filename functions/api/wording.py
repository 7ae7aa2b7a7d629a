"""What is wrong with a request, in words for who sent it: a sentence that says what would be right."""

from collections.abc import Callable, Mapping
from typing import Any, Final

from pydantic_core import ErrorDetails

_Context = Mapping[str, Any]

_FIXED: Final = {
    "json_invalid": "The body is not JSON.",
    "missing": "This is required.",
    "extra_forbidden": "There is no such field.",
    "string_type": "This must be a text.",
    "string_unicode": "This is not valid Unicode text.",
    "int_type": "This must be a whole number.",
    "int_parsing": "This must be a whole number.",
    "int_parsing_size": "This number is too large.",
    "int_from_float": "This must be a whole number, without a fraction.",
    "float_type": "This must be a number.",
    "float_parsing": "This must be a number.",
    "finite_number": "This must be a finite number.",
    "bool_type": "This must be true or false.",
    "bool_parsing": "This must be true or false.",
    "list_type": "This must be a list.",
    "set_type": "This must be a list.",
    "frozen_set_type": "This must be a list.",
    "dict_type": "This must be an object.",
    "none_required": "This must be null.",
    "uuid_type": "This must be an id, such as 7a4f8c8e-54a3-4a39-9a0e-6c52f2a9f6d1.",
    "uuid_parsing": "This must be an id, such as 7a4f8c8e-54a3-4a39-9a0e-6c52f2a9f6d1.",
    "datetime_type": "This must be a time, such as 2026-03-01T08:00:00Z.",
    "datetime_parsing": "This must be a time, such as 2026-03-01T08:00:00Z.",
    "datetime_from_date_parsing": "This must be a time, such as 2026-03-01T08:00:00Z.",
    "datetime_object_invalid": "This must be a time, such as 2026-03-01T08:00:00Z.",
    "timezone_aware": "The time has no zone; add Z or an offset such as +02:00.",
    "date_type": "This must be a day, such as 2026-03-01.",
    "date_parsing": "This must be a day, such as 2026-03-01.",
    "date_from_datetime_parsing": "This must be a day, such as 2026-03-01.",
    "date_from_datetime_inexact": "This must be a day without a time, such as 2026-03-01.",
}


def words(found: ErrorDetails) -> str:
    """Say what is wrong with one value.

    Args:
        found: what the validation says of it.
    """
    kind, context = found["type"], found.get("ctx", {})
    if kind in {"model_attributes_type", "model_type"}:
        return _no_object(found["input"])
    if kind in {"too_short", "too_long"}:
        return _length(kind, context, unit="characters" if isinstance(found["input"], str) else "items")
    told = _FIXED.get(kind) or (_TOLD[kind](context) if kind in _TOLD else None)
    return told or str(found["msg"]).removeprefix("Value error, ")


def _no_object(value: object) -> str:
    if isinstance(value, (bytes, str)):
        return "The body is not taken for JSON; send it with Content-Type: application/json."
    return "This must be a JSON object, in braces."


def _length(kind: str, context: _Context, *, unit: str) -> str:
    least, most = context.get("min_length"), context.get("max_length")
    number = least if kind.endswith("too_short") else most
    unit = unit.removesuffix("s") if number == 1 else unit
    if kind.endswith("too_short"):
        return "This must not be empty." if least == 1 else f"This must have at least {least} {unit}."
    return f"This must have at most {most} {unit}."


_TOLD: Final[Mapping[str, Callable[[_Context], str]]] = {
    "string_too_short": lambda context: _length("too_short", context, unit="characters"),
    "string_too_long": lambda context: _length("too_long", context, unit="characters"),
    "greater_than_equal": lambda context: f"This must be {context['ge']} or more.",
    "greater_than": lambda context: f"This must be more than {context['gt']}.",
    "less_than_equal": lambda context: f"This must be {context['le']} or less.",
    "less_than": lambda context: f"This must be less than {context['lt']}.",
    "enum": lambda context: f"This must be {context['expected']}.",
    "literal_error": lambda context: f"This must be {context['expected']}.",
}
