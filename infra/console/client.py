"""The console's client of the API, generated from its description: a function an operation, and the types of bodies.

Written to `console/app/api/operations.js` and `console/app/api/schema.d.ts`; `make check` fails where they differ from
what the description says.
"""

import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

from infra.console.npm import CONSOLE
from infra.packaging import ROOT

DESCRIPTION: Final = ROOT / "functions" / "api" / "openapi.json"
OPERATIONS: Final = CONSOLE / "app" / "api" / "operations.js"
TYPES: Final = CONSOLE / "app" / "api" / "schema.d.ts"
_MADE: Final = "made from functions/api/openapi.json by `python -m infra.console client`; not to be edited"
_JSON: Final = "application/json"
_SIMPLE: Final = {"integer": "number", "number": "number", "string": "string", "boolean": "boolean", "null": "null"}
_FILE: Final = {"anyOf": [{"type": "string"}, {"$ref": "Blob"}]}
"""What is sent as it is: a text, or the browser's own type for a file."""
_NAME: Final = re.compile(r"^[A-Za-z_$][\w$]*$")

Schema = Mapping[str, Any]


def generated(description: Path = DESCRIPTION) -> dict[Path, str]:
    """Make the client.

    Args:
        description: the OpenAPI document.

    Returns:
        The files' texts.

    Raises:
        ValueError: an operation has two parameters of one name, which the client could not tell apart.
    """
    document = json.loads(description.read_text(encoding="utf-8"))
    operations = list(_operations(document))
    functions = [_function(method, path, operation) for method, path, operation in operations]
    arguments = [_arguments(operation) for _, _, operation in operations]
    types = [_type(name, schema) for name, schema in document["components"]["schemas"].items()]
    head = f"// {_MADE[0].upper()}{_MADE[1:]}.\n"
    return {
        OPERATIONS: f"{head}import {{ call }} from './client.js';\n\n"
        "/** @typedef {import('./client.js').Options} Options */\n\n" + "\n".join(functions),
        TYPES: head + "\n".join([*types, *filter(None, arguments)]),
    }


def write() -> None:
    """Write the client's files."""
    for path, text in generated().items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")


def stale() -> list[str]:
    """Names of the files that are not what the description says."""
    return [
        str(path.relative_to(ROOT))
        for path, text in generated().items()
        if not path.exists() or path.read_text(encoding="utf-8") != text
    ]


def _operations(document: Schema) -> Iterator[tuple[str, str, Schema]]:
    for path, item in document["paths"].items():
        for method, operation in item.items():
            yield method.upper(), path, operation


def _parameters(operation: Schema, *places: str) -> list[Schema]:
    return [found for found in operation.get("parameters", ()) if found["in"] in places]


def _arguments_name(operation: Schema) -> str:
    return f"{_camel(operation['operationId'], upper=True)}Args"


def _body(operation: Schema) -> Schema | None:
    body = operation.get("requestBody")
    if body is None:
        return None
    content = body["content"]
    schema: Schema = content[_JSON]["schema"] if _JSON in content else _FILE
    return schema


def _function(method: str, path: str, operation: Schema) -> str:
    """One operation as a function; what it takes is one object, and what it gives is the answer's JSON."""
    named = [found["name"] for found in _parameters(operation, "query")]
    has_arguments = bool(_parameters(operation, "path", "query") or _body(operation))
    optional = has_arguments and not _required(operation)
    lines = [f"/**\n * {operation['summary']}."]
    if has_arguments:
        given = f"[{'args'}]" if optional else "args"
        lines.append(f" * @param {{import('./schema.d.ts').{_arguments_name(operation)}}} {given}")
    lines += [" * @param {Options} [options]", f" * @returns {{Promise<{_answer(operation)}>}}", " */"]
    call = [
        f"'{method}'",
        f"'{path}'",
        "args" if has_arguments else "{}",
        json.dumps(named).replace('"', "'"),
        "options",
    ]
    head = f"export const {_camel(operation['operationId'])} = ({'args' if has_arguments else ''}"
    head += f"{' = {}' if optional else ''}{', ' if has_arguments else ''}options) =>"
    return "\n".join([*lines, head, f"  call({', '.join(call)});", ""])


def _answer(operation: Schema) -> str:
    for status, response in operation["responses"].items():
        if status.startswith("2"):
            content = response.get("content")
            if not content:
                return "void"
            return _typed(content[_JSON]["schema"], "import('./schema.d.ts').") if _JSON in content else "string"
    return "void"


def _required(operation: Schema) -> bool:
    asked = any(found.get("required") for found in _parameters(operation, "path", "query"))
    return asked or bool(operation.get("requestBody", {}).get("required"))


def _arguments(operation: Schema) -> str:
    fields: dict[str, str] = {}
    for found in _parameters(operation, "path", "query"):
        if found["name"] in fields:
            raise ValueError(f"{operation['operationId']} has two parameters named {found['name']}")
        fields[found["name"]] = _field(found["name"], found["schema"], required=bool(found.get("required")))
    body = _body(operation)
    if body is not None:
        if "body" in fields:
            raise ValueError(f"{operation['operationId']} has a parameter that is named body")
        fields["body"] = _field("body", body, required=bool(operation["requestBody"].get("required")))
    if not fields:
        return ""
    return f"export interface {_arguments_name(operation)} {{\n{''.join(fields.values())}}}\n"


def _type(name: str, schema: Schema) -> str:
    described = f"/** {_line(schema['description'])} */\n" if "description" in schema else ""
    if schema.get("type") == "object" and "properties" in schema:
        required = set(schema.get("required", ()))
        fields = "".join(
            _field(field, found, required=field in required) for field, found in schema["properties"].items()
        )
        return f"{described}export interface {name} {{\n{fields}}}\n"
    return f"{described}export type {name} = {_typed(schema)};\n"


def _field(name: str, schema: Schema, *, required: bool) -> str:
    described = f"  /** {_line(schema['description'])} */\n" if "description" in schema else ""
    written = name if _NAME.match(name) else json.dumps(name)
    return f"{described}  {written}{'' if required else '?'}: {_typed(schema)};\n"


def _typed(schema: Schema, prefix: str = "") -> str:
    """A schema as a type of TypeScript's; what has no shape of its own is `unknown`."""
    if "$ref" in schema:
        return prefix + str(schema["$ref"]).rsplit("/", 1)[-1]
    values = [schema["const"]] if "const" in schema else schema.get("enum", [])
    choices = [json.dumps(value) for value in values]
    choices += [_typed(choice, prefix) for choice in schema.get("anyOf", schema.get("oneOf", ()))]
    return " | ".join(dict.fromkeys(choices)) or _shaped(schema, prefix)


def _shaped(schema: Schema, prefix: str) -> str:
    kind = schema.get("type")
    if kind == "array" and "prefixItems" in schema:
        return f"[{', '.join(_typed(item, prefix) for item in schema['prefixItems'])}]"
    if kind == "array":
        return f"Array<{_typed(schema.get('items', {}), prefix)}>"
    if kind == "object":
        inner = schema.get("additionalProperties")
        return f"Record<string, {_typed(inner, prefix) if isinstance(inner, dict) else 'unknown'}>"
    return _SIMPLE.get(str(kind), "unknown")


def _camel(name: str, *, upper: bool = False) -> str:
    made = re.sub(r"_(\w)", lambda found: found[1].upper(), name)
    return made[0].upper() + made[1:] if upper else made


def _line(text: str) -> str:
    return " ".join(text.split()).replace("*/", "* /")
