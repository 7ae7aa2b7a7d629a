"""The dashboard and the rules for Prometheus ask for what `/metrics` exports, and for all of it."""

import json
import re
from pathlib import Path
from typing import Any, Final

import pytest
import yaml

from anpr.capture.totals import Counts
from anpr.governance.health import prometheus
from tests.markdown import anchors

_ROOT: Final = Path(__file__).parent.parent
_FOLDER: Final = _ROOT / "docs" / "grafana"
_METRIC: Final = re.compile(r"\banpr_\w+")


@pytest.fixture
def exported() -> set[str]:
    text = prometheus(Counts(events_processed=1, jobs_processed=1, jobs_failed=1), queue_size=1, set_aside=0)
    return set(re.findall(r"^(\w+) \d+$", text, re.MULTILINE))


@pytest.fixture
def dashboard() -> dict[str, Any]:
    found: dict[str, Any] = json.loads((_FOLDER / "anpr.json").read_text())
    return found


@pytest.fixture
def rules() -> list[dict[str, Any]]:
    (group,) = yaml.safe_load((_FOLDER / "alerts.yml").read_text())["groups"]
    found: list[dict[str, Any]] = group["rules"]
    return found


def test_the_dashboard_shows_every_exported_metric_and_no_other(dashboard: dict[str, Any], exported: set[str]) -> None:
    asked = [target["expr"] for panel in dashboard["panels"] for target in panel["targets"]]

    assert {name for expression in asked for name in _METRIC.findall(expression)} == exported
    assert set(_METRIC.findall(json.dumps(dashboard["templating"]))) <= exported


def test_every_panel_has_a_place_of_its_own_and_the_chosen_source(dashboard: dict[str, Any]) -> None:
    taken: set[tuple[int, int]] = set()
    for panel in dashboard["panels"]:
        place = panel["gridPos"]
        cells = {
            (x, y)
            for x in range(place["x"], place["x"] + place["w"])
            for y in range(place["y"], place["y"] + place["h"])
        }
        assert not taken & cells, panel["title"]
        assert max(x for x, _ in cells) < 24
        assert {target["datasource"]["uid"] for target in panel["targets"]} == {"${source}"}
        taken |= cells
    ids = [panel["id"] for panel in dashboard["panels"]]
    assert len(set(ids)) == len(ids)


def test_rules_ask_for_what_is_exported_and_name_a_runbook(rules: list[dict[str, Any]], exported: set[str]) -> None:
    known = anchors((_ROOT / "docs" / "runbooks.md").read_text())

    assert {name for rule in rules for name in _METRIC.findall(rule["expr"])} <= exported
    for rule in rules:
        page, _, anchor = rule["annotations"]["runbook"].partition("#")
        assert page == "docs/runbooks.md"
        assert anchor in known, rule["alert"]
