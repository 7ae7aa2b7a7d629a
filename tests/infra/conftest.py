"""Stacks synthesised from stub code, so that their templates can be looked at without building a layer."""

import json
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import pytest

from infra.environments import ENVIRONMENTS
from infra.node import use_bundled_node
from infra.packaging import Bundles


@dataclass(frozen=True)
class Template:
    """A stack as CloudFormation gets it, and the container images that are built for it."""

    content: dict[str, Any]
    images: tuple[dict[str, Any], ...] = ()

    def of_type(self, kind: str) -> dict[str, dict[str, Any]]:
        """Properties of all resources of a type, by logical id."""
        resources = self.content["Resources"]
        return {name: part.get("Properties", {}) for name, part in resources.items() if part["Type"] == kind}

    @cached_property
    def types(self) -> set[str]:
        return {part["Type"] for part in self.content["Resources"].values()}

    def statements(self, *, effect: str = "Allow") -> list[tuple[str, dict[str, Any]]]:
        """Statements of identity policies, each with its policy's logical id."""
        policies = self.of_type("AWS::IAM::Policy") | self.of_type("AWS::IAM::ManagedPolicy")
        return [
            (name, statement)
            for name, policy in policies.items()
            for statement in policy["PolicyDocument"]["Statement"]
            if statement["Effect"] == effect
        ]


def listed(value: Any) -> list[Any]:
    """What IAM and CloudFormation allow to be one thing or a list, as a list."""
    return value if isinstance(value, list) else [value]


@pytest.fixture(scope="session")
def stub(tmp_path_factory: pytest.TempPathFactory) -> Bundles:
    folder = tmp_path_factory.mktemp("bundles")
    (folder / "core").mkdir()
    (folder / "core" / "file").touch()
    (folder / "functions").mkdir()
    (folder / "functions" / "file").touch()
    (folder / "dependencies.zip").write_bytes(b"PK\x05\x06" + bytes(18))
    return Bundles(core=folder / "core", dependencies=folder / "dependencies.zip", functions=folder)


@pytest.fixture(scope="session")
def assemblies(stub: Bundles, tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, Template]]:
    """Every stack of each environment, by its name's last part: `core`, `network`, ….

    That they synthesise at all means that every security rule holds.
    """
    use_bundled_node()
    # The CDK starts its JavaScript half when it is imported, so not before a node was chosen.
    from infra.build import build, new_app  # noqa: PLC0415

    made = {}
    for name, environment in ENVIRONMENTS.items():
        app = new_app(outdir=str(tmp_path_factory.mktemp(name)))
        build(app, environment, stub)
        assembly = app.synth()
        made[name] = {
            stack.stack_name.split("-")[-1]: Template(
                dict(stack.template), _images(Path(assembly.directory) / f"{stack.stack_name}.assets.json")
            )
            for stack in assembly.stacks
        }
    return made


def _images(manifest: Path) -> tuple[dict[str, Any], ...]:
    images = json.loads(manifest.read_text()).get("dockerImages", {})
    return tuple(image["source"] for image in images.values())


@pytest.fixture(scope="session")
def templates(assemblies: dict[str, dict[str, Template]]) -> dict[str, Template]:
    """The core stack of each environment."""
    return {name: stacks["core"] for name, stacks in assemblies.items()}


@pytest.fixture
def prod(templates: dict[str, Template]) -> Template:
    return templates["prod"]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Keep the tests that need the CDK on one xdist worker: it takes seconds to start."""
    ours = (Path(__file__).parent, Path(__file__).parents[1] / "lab")
    for item in items:
        if "assemblies" in getattr(item, "fixturenames", ()) and any(map(item.path.is_relative_to, ours)):
            item.add_marker(pytest.mark.xdist_group("cdk"))
