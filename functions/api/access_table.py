"""Who may call what, as one table: what the routes say of themselves, committed so that a change is seen.

`python -m functions.api.openapi` writes it. Read by people; by the deployment, for the paths of each function; and by
the group that makes API keys, for what a key may be permitted, since it has not the other groups' routes.
"""

import json
from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import Any, Final

from functions.api.access import Rule, rule_of
from functions.api.app import routes_of
from functions.api.resource import Group

TABLE_FILE: Final = Path(__file__).parent / "access.json"

Row = dict[str, Any]


def table(groups: Iterable[Group]) -> dict[str, Row]:
    """The rows, by method and path: the group that serves it, and what its rule says."""
    return {
        f"{method} {route.path}": {"group": group.name, **_row(rule_of(route.endpoint))}
        for group in groups
        for method, route in routes_of(group.resources)
    }


def text(groups: Iterable[Group]) -> str:
    """The table as it is committed: a line for each route."""
    rows = (f"  {json.dumps(route)}: {json.dumps(row)}" for route, row in table(groups).items())
    return "{\n" + ",\n".join(rows) + "\n}\n"


def permissions(groups: Iterable[Group]) -> list[str]:
    """What an API key may be permitted: all that some route needs, and nothing else; sorted."""
    return sorted(_permissions(table(groups)))


@cache
def committed() -> dict[str, Row]:
    """The rows as they are committed: for a process that has not all groups' routes."""
    rows: dict[str, Row] = json.loads(TABLE_FILE.read_bytes())
    return rows


def key_permissions() -> frozenset[str]:
    """What an API key may be permitted, as it is committed."""
    return _permissions(committed())


def _permissions(rows: dict[str, Row]) -> frozenset[str]:
    return frozenset(permission for row in rows.values() for permission in row["keys"])


def _row(rule: Rule) -> Row:
    return {
        "access": rule.access.value,
        "keys": sorted(rule.keys),
        "everywhere": rule.everywhere,
        "audits": sorted(rule.audits),
    }
