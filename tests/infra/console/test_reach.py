"""What the table in docs/console.md says of the API's operations is what the console's modules do."""

import json
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Final

import pytest

from infra.console.client import DESCRIPTION
from infra.console.npm import CONSOLE
from infra.packaging import ROOT
from tests.markdown import rows_of

APP: Final = CONSOLE / "app"
GENERATED: Final = APP / "api" / "operations.js"
MACHINES: Final = "Machines"
# Places that are no page of the rail.
PLACES: Final = {"Every page": APP / "main.js", "A passage": APP / "passage" / "passage.js"}
_OPERATION: Final = re.compile(r"`([A-Z]+) (/[^`]*)`")


@cache
def functions() -> dict[str, str]:
    """By operation, such as `GET /jobs`, the generated client's function."""
    paths = json.loads(DESCRIPTION.read_text(encoding="utf-8"))["paths"]
    calls = re.findall(r"export const (\w+) = .*?call\('([A-Z]+)', '([^']+)'", GENERATED.read_text("utf-8"), re.DOTALL)
    found = {f"{method} {path}": name for name, method, path in calls}
    assert set(found) == {f"{method.upper()} {path}" for path, item in paths.items() for method in item}
    return found


@cache
def pages() -> dict[str, Path]:
    """By its English title, each page's module."""
    entries = re.findall(
        r"title: '([\w.]+)'.*?import\('\./([^']+)'\)", (APP / "pages.js").read_text("utf-8"), re.DOTALL
    )
    english = "\n".join(path.read_text(encoding="utf-8") for path in (APP / "messages").rglob("en.js"))
    titles = dict(re.findall(r"'([\w.]+)': '([^']*)'", english))
    return {titles[key]: APP / module for key, module in entries}


@cache
def imports(module: Path) -> frozenset[Path]:
    """The modules of the console that one names."""
    named = re.findall(r"(?:from |import\()'(\.[^']+\.js)'", module.read_text(encoding="utf-8"))
    return frozenset((module.parent / name).resolve() for name in named)


@cache
def reached(module: Path) -> frozenset[Path]:
    """A module with all that it leads to, but not to other pages: these are claimed by themselves."""
    found, waiting = {module}, [module]
    while waiting:
        for named in imports(waiting.pop()) - found - {APP / "pages.js"}:
            found.add(named)
            waiting.append(named)
    return frozenset(found)


@cache
def users() -> dict[str, frozenset[Path]]:
    """By operation, the modules that call it: by the client's function, or, as logins do, by its address itself."""
    texts = {path: path.read_text(encoding="utf-8") for path in APP.rglob("*.js") if path != GENERATED}
    by_name: dict[str, set[Path]] = {}
    for path, text in texts.items():
        for names in re.findall(r"import \{([^}]*)\} from '[^']*/operations\.js'", text):
            for name in re.findall(r"(\w+)(?: as \w+)?,?", names):
                by_name.setdefault(name, set()).add(path)
    found = {}
    for operation, function in functions().items():
        method, address = operation.split(" ")
        by_hand = {where for where, text in texts.items() if f"'{address[1:]}'" in text and f"'{method}'" in text}
        found[operation] = frozenset(by_name.get(function, set()) | by_hand)
    return found


def claims() -> Iterator[tuple[str, list[str], str]]:
    """The table's rows: an operation, where it is said to be used, and what for."""
    for named, where, what in rows_of((ROOT / "docs" / "console.md").read_text(encoding="utf-8"), "operation"):
        operations = _OPERATION.findall(named)
        assert operations, named
        for method, path in operations:
            yield f"{method} {path}", where.split(", "), what


CLAIMS: Final = list(claims())


def modules(places: list[str]) -> frozenset[Path]:
    """All that is reached from some places."""
    return frozenset().union(*(reached((PLACES | pages())[place]) for place in places))


def test_every_operation_is_in_the_table_once_and_no_other() -> None:
    assert sorted(operation for operation, _, _ in CLAIMS) == sorted(functions())


@pytest.mark.parametrize(("operation", "where"), [(operation, where) for operation, where, _ in CLAIMS])
def test_an_operation_is_used_where_the_table_says_and_nowhere_else(operation: str, where: list[str]) -> None:
    used_by = users()[operation]
    if where == [MACHINES]:
        assert used_by == frozenset()
        return
    assert [place for place in where if not used_by & modules([place])] == []
    assert used_by - modules(where) == frozenset()


def test_what_is_for_machines_says_why() -> None:
    assert [operation for operation, where, what in CLAIMS if where == [MACHINES] and len(what) < 20] == []
