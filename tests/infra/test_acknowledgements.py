"""Departures from the security rules are of something that the rules do find, and say why in a sentence."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from infra.environments import ENVIRONMENTS, Environment
from infra.node import use_bundled_node
from infra.packaging import Bundles

# Beside the others that need the CDK, which takes seconds to start.
pytestmark = [
    pytest.mark.xdist_group("cdk"),
    pytest.mark.parametrize("environment", ENVIRONMENTS.values(), ids=lambda environment: environment.name),
]


class Withheld:
    """Takes the place of the CDK's validations: what is acknowledged is written down, and not granted."""

    def __init__(self) -> None:
        self.granted: list[tuple[str, str, str]] = []
        self._path = ""

    def of(self, scope: Any) -> "Withheld":
        self._path = scope.node.path
        return self

    def acknowledge(self, acknowledgment: Any) -> None:
        self.granted.append((self._path, acknowledgment.id, acknowledgment.reason))


@pytest.fixture
def synthesised(
    environment: Environment, stub: Bundles, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> tuple[list[tuple[str, str, str]], set[tuple[str, str]]]:
    """What was acknowledged, and what the rules find where nothing is, each with its construct's path."""
    use_bundled_node()
    # The CDK starts its JavaScript half when it is imported, so not before a node was chosen.
    from infra import acknowledgements  # noqa: PLC0415
    from infra.build import build, new_app  # noqa: PLC0415

    withheld = Withheld()
    monkeypatch.setattr(acknowledgements, "Validations", withheld)
    app = new_app(outdir=str(tmp_path))
    build(app, environment, stub)
    with pytest.raises(RuntimeError, match="ValidationFailed"):
        app.synth()
    return withheld.granted, set(_findings(tmp_path / "validation-report.json"))


def _findings(report: Path) -> Iterator[tuple[str, str]]:
    for plugin in json.loads(report.read_text())["pluginReports"]:
        for violation in plugin["violations"]:
            for construct in violation["violatingConstructs"]:
                yield construct["constructPath"], violation["ruleName"]


def test_each_acknowledgement_is_of_a_finding_below_it_says_why_and_is_no_wider_than_it_must_be(
    synthesised: tuple[list[tuple[str, str, str]], set[tuple[str, str]]],
) -> None:
    granted, findings = synthesised

    idle = {
        (path, rule)
        for path, rule, _ in granted
        if not any(found == rule and f"{at}/".startswith(f"{path}/") for at, found in findings)
    }
    assert idle == set()
    for path, rule, reason in granted:
        # What is acknowledged for a whole stack is a prefix of names, which each role is granted anew.
        assert "/" in path or (rule.startswith("AwsSolutions-IAM5[Resource::") and "Resource::*" not in rule)
        assert reason[0].isupper()
        assert reason.endswith(".")
        assert len(reason.split()) >= 5
