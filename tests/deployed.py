"""What a deployment's files tell a process, held to what the settings classes of its mode know."""

from collections.abc import Mapping
from typing import Final

from anpr import bootstrap
from anpr.adapters.aws import settings as aws
from anpr.adapters.selfhost import settings as selfhost
from anpr.adapters.supabase import settings as supabase
from anpr.settings import FILE_SUFFIX, Settings
from tests.env_example import settings_classes, variable

_FAMILIES: Final[Mapping[str, tuple[type[Settings], ...]]] = {
    "aws": aws.SETTINGS,
    "selfhost": selfhost.SETTINGS,
    "supabase": supabase.SETTINGS,
}


def missing(variables: Mapping[str, object], mode: str) -> list[str]:
    """Names of the variables without a default that the mode reads, and that are not set, themselves or by a file."""
    of_others = {each for other, classes in _FAMILIES.items() if other != mode for each in classes}
    required = {
        variable(settings, field)
        for settings in settings_classes()
        for field, info in settings.model_fields.items()
        if info.is_required() and settings not in of_others - {*_FAMILIES[mode]}
    }
    # Where the database keeps the queues, nobody asks for Redis.
    required -= {"ANPR_REDIS_URL"} if variables.get("ANPR_QUEUE") == "postgres" else set()
    return sorted(name for name in required if not (variables.get(name) or variables.get(f"{name}{FILE_SUFFIX}")))


def unknown(variables: Mapping[str, object], mode: str) -> list[str]:
    """Names of ours among variables that nothing reads in a mode: misspelt, or another mode's.

    A value may stand in a file only where the class that reads it says so.
    """
    strangers = _strangers(mode)
    known = set()
    for settings in settings_classes():
        names = {variable(settings, field) for field in settings.model_fields}
        known |= names
        if issubclass(settings, Settings):
            known |= {f"{name}{FILE_SUFFIX}" for name in names}
    return sorted(
        name
        for name in variables
        if name.startswith("ANPR_") and (name not in known or name.removesuffix(FILE_SUFFIX) in strangers)
    )


def _strangers(mode: str) -> set[str]:
    others = {name for other, names in bootstrap._KNOWN.items() if other != mode for name in names}
    return others - bootstrap._KNOWN[mode]
