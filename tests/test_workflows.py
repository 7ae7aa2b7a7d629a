"""The workflows run with few rights, on pinned actions, and call what there is."""

import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import pytest
import yaml

from infra.environments import ENVIRONMENTS

_ROOT: Final = Path(__file__).parent.parent
_FILES: Final = sorted((_ROOT / ".github" / "workflows").glob("*.yml"))
_DEPLOYED: Final = [name for name, environment in ENVIRONMENTS.items() if not environment.emulated]

Workflow = dict[Any, Any]


@pytest.fixture(params=_FILES, ids=lambda path: path.stem)
def path(request: pytest.FixtureRequest) -> Path:
    found: Path = request.param
    return found


@pytest.fixture
def workflow(path: Path) -> Workflow:
    return read(path)


def read(path: Path) -> Workflow:
    found: Workflow = yaml.safe_load(path.read_text())
    return found


def steps(workflow: Workflow) -> Iterator[dict[str, Any]]:
    for job in workflow["jobs"].values():
        yield from job["steps"]


def commands(workflow: Workflow) -> str:
    return "\n".join(step["run"] for step in steps(workflow) if "run" in step)


def test_every_action_is_one_commit_and_says_which_version_that_is(path: Path) -> None:
    used = re.findall(r"uses: (.+)$", path.read_text(), re.MULTILINE)

    assert [use for use in used if not re.fullmatch(r"[\w./-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+", use)] == []


def test_a_workflow_may_read_the_code_and_only_deployments_may_say_who_they_are(workflow: Workflow) -> None:
    assert workflow["permissions"] == {"contents": "read"}
    for job in workflow["jobs"].values():
        asked = job.get("permissions", {})
        assert asked in ({}, {"contents": "read", "id-token": "write"})
        # GitHub's environment is what the role in AWS trusts, and where people approve.
        assert not asked or "environment" in job


def test_every_job_ends(workflow: Workflow) -> None:
    assert [name for name, job in workflow["jobs"].items() if not 0 < job.get("timeout-minutes", 0) <= 90] == []


def test_no_value_is_pasted_into_a_script(workflow: Workflow) -> None:
    assert "${{" not in commands(workflow)


def test_checkouts_leave_no_token_behind(workflow: Workflow) -> None:
    checkouts = [step for step in steps(workflow) if "actions/checkout@" in step.get("uses", "")]

    assert checkouts
    assert [step for step in checkouts if step["with"]["persist-credentials"] is not False] == []


def test_what_is_called_is_there(workflow: Workflow) -> None:
    targets = set(re.findall(r"^([a-z-]+):", (_ROOT / "Makefile").read_text(), re.MULTILINE))
    called = re.findall(r"\bmake (?:-C \S+ )?([a-z-]+)", commands(workflow))
    scripts = re.findall(r"(?:^|\s)(\.(?:ci|github)/[\w./-]+)", commands(workflow))

    assert set(called) <= targets
    assert [script for script in scripts if not os.access(_ROOT / script, os.X_OK)] == []


def test_every_environment_can_be_deployed_and_is_compared_on_pull_requests() -> None:
    deploy, diff = (read(_ROOT / ".github" / "workflows" / f"{name}.yml") for name in ("deploy", "infrastructure-diff"))

    # YAML takes the key `on` for a truth.
    assert deploy[True]["workflow_dispatch"]["inputs"]["environment"]["options"] == _DEPLOYED
    assert diff["jobs"]["diff"]["strategy"]["matrix"]["environment"] == _DEPLOYED


def test_a_deployment_waits_for_its_plan_and_for_approval() -> None:
    deploy = read(_ROOT / ".github" / "workflows" / "deploy.yml")

    assert deploy["jobs"]["deploy"]["needs"] == "plan"
    assert deploy["jobs"]["deploy"]["environment"] == "${{ inputs.environment }}"
    assert deploy["jobs"]["plan"]["environment"] != deploy["jobs"]["deploy"]["environment"]
    assert deploy["concurrency"]["cancel-in-progress"] is False


def test_one_version_of_the_cdks_command_line_is_used_everywhere() -> None:
    files = [*_FILES, _ROOT / ".github" / "scripts" / "diff-stacks", _ROOT / "docs" / "deploy.md"]

    assert len({version for file in files for version in re.findall(r"aws-cdk@([\d.]+)", file.read_text())}) == 1
