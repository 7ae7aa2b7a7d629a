"""Writes `.env.example` from the settings classes: `python -m tests.env_example > .env.example`."""

import inspect
import json
import sys
import textwrap
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any, Final

from pydantic.fields import FieldInfo
from pydantic_core import to_jsonable_python
from pydantic_settings import BaseSettings

import anpr.adapters.aws.settings
import anpr.adapters.selfhost.settings
import anpr.adapters.supabase.settings
import anpr.settings
import functions.console.settings
import gpu_worker.service.picture_reader
import gpu_worker.service.work
import gpu_worker.vision.settings
import server.settings

_HEADER: Final = """\
Every setting of the backend and of the worker, with its default; written by `python -m tests.env_example`.

A deployment sets what it must by itself (infra/), and the one-machine run does too (`make up`). To run a part by
hand, copy this to `.env` and load it with `set -a; . ./.env; set +a`. Settings without a comment sign have no default.
Lengths of time are ISO 8601 (PT15M is a quarter of an hour), lists are JSON. AWS's own variables (AWS_REGION,
AWS_PROFILE, AWS_ENDPOINT_URL, …), those of Powertools (POWERTOOLS_LOG_LEVEL, …) and those of OpenTelemetry
(OTEL_EXPORTER_OTLP_ENDPOINT, …) mean what they always do.
"""
_COMPOSE: Final = """\
Of compose.yaml alone: the name of the server, and the user who owns ./secrets and ./data (`id -u`, `id -g`).
"""
_OF_COMPOSE: Final = ("#ANPR_DOMAIN=localhost", "#ANPR_UID=1000", "#ANPR_GID=1000")
_WIDTH: Final = 120


def settings_classes() -> list[type[BaseSettings]]:
    """Every settings class, in the order of the modules and of what stands in them."""
    return [
        found
        for module in (
            anpr.settings,
            anpr.adapters.aws.settings,
            anpr.adapters.selfhost.settings,
            anpr.adapters.supabase.settings,
            server.settings,
            functions.console.settings,
            gpu_worker.vision.settings,
            gpu_worker.service.work,
            gpu_worker.service.picture_reader,
        )
        for found in vars(module).values()
        if inspect.isclass(found)
        and issubclass(found, BaseSettings)
        and found.__module__ == module.__name__
        and found.model_fields
    ]


def variable(settings: type[BaseSettings], field: str) -> str:
    """Name of the environment variable that a field is read from."""
    return f"{settings.model_config['env_prefix']}{field}".upper()


def default_of(info: FieldInfo) -> str:
    """A field's default as one would write it into the environment; empty where there is none, or the machine says."""
    default: Any = None if info.is_required() else info.get_default(call_default_factory=True)
    plain = to_jsonable_python(default)
    if default is None or isinstance(default, Path):
        return ""
    if isinstance(plain, list | dict | bool) and not isinstance(default, timedelta):
        return json.dumps(plain)
    return str(plain)


def render() -> str:
    """The whole file."""
    return "\n".join([*_comment(_HEADER), "", *_comment(_COMPOSE), *_OF_COMPOSE, *_body()]) + "\n"


def _body() -> Iterator[str]:
    for settings in settings_classes():
        yield ""
        yield from _comment(f"{settings.__name__}: {(inspect.getdoc(settings) or '').splitlines()[0]}")
        for field, info in settings.model_fields.items():
            if field not in settings.__annotations__:
                # As the class says that this one builds on.
                continue
            if info.description:
                yield from _comment(f"  {info.description}")
            sign = "" if info.is_required() else "#"
            yield f"{sign}{variable(settings, field)}={default_of(info)}"


def _comment(text: str) -> Iterator[str]:
    for line in text.splitlines():
        indent = " " * (len(line) - len(line.lstrip()))
        wrapped = textwrap.wrap(line, _WIDTH - 2, subsequent_indent=indent)
        yield from (f"# {part}".rstrip() for part in wrapped or [""])


if __name__ == "__main__":
    sys.stdout.write(render())
