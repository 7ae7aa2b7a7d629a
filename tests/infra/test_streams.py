"""What the stream service's template promises; no environment of ours has cameras that stream."""

from dataclasses import replace
from typing import Any

import pytest

from anpr.settings import DatabaseSettings, StorageSettings, StreamSettings
from infra.environments import ENVIRONMENTS
from infra.node import use_bundled_node
from infra.packaging import Bundles
from tests.infra.conftest import Template

STREAMING = replace(ENVIRONMENTS["prod"], stream_tasks=2, stream_cameras=6, stream_networks=("10.20.0.0/16",))


@pytest.fixture(scope="module")
def worker(stub: Bundles, tmp_path_factory: pytest.TempPathFactory) -> Template:
    use_bundled_node()
    # The CDK starts its JavaScript half when it is imported, so not before a node was chosen.
    from infra.build import build, new_app  # noqa: PLC0415

    app = new_app(outdir=str(tmp_path_factory.mktemp("streaming")))
    build(app, STREAMING, stub)
    (stack,) = [stack for stack in app.synth().stacks if stack.stack_name.endswith("-worker")]
    return Template(dict(stack.template))


def container(template: Template) -> dict[str, Any]:
    (found,) = [
        definition["ContainerDefinitions"][0]
        for definition in template.of_type("AWS::ECS::TaskDefinition").values()
        if definition["ContainerDefinitions"][0]["Name"] == "stream"
    ]
    return dict(found)


def test_there_is_no_such_service_where_no_camera_streams(assemblies: dict[str, dict[str, Template]]) -> None:
    for name in ("dev", "prod"):
        assert not [key for key in assemblies[name]["worker"].content["Resources"] if key.startswith("Streams")]
        assert not [key for key in assemblies[name]["core"].content["Resources"] if key.startswith("StreamPolicy")]


def test_it_runs_on_demand_with_as_many_tasks_as_asked_for(worker: Template) -> None:
    (service,) = [
        properties for name, properties in worker.of_type("AWS::ECS::Service").items() if name.startswith("Streams")
    ]
    assert service["DesiredCount"] == 2
    assert service["LaunchType"] == "FARGATE"
    assert container(worker)["Command"] == ["stream"]
    assert container(worker)["ReadonlyRootFilesystem"] is True


def test_it_is_given_every_setting_that_it_reads(worker: Template, monkeypatch: pytest.MonkeyPatch) -> None:
    for variable in container(worker)["Environment"]:
        value = variable["Value"]
        monkeypatch.setenv(variable["Name"], value if isinstance(value, str) else "given")

    streams = StreamSettings()
    assert (streams.max_cameras, [str(network) for network in streams.allow_networks]) == (6, ["10.20.0.0/16"])
    assert DatabaseSettings().host == "given"
    assert StorageSettings().bucket == "given"
    assert {"ANPR_WEBHOOK_KEY_SECRET_ID", "ANPR_BUS_NAME", "ANPR_LICENSE_PUBLIC_KEYS"} <= {
        variable["Name"] for variable in container(worker)["Environment"]
    }


def test_it_may_what_a_worker_may_and_read_the_key_of_the_addresses(worker: Template) -> None:
    (role,) = [
        properties for name, properties in worker.of_type("AWS::IAM::Role").items() if name.startswith("StreamsRole")
    ]
    assert len(role["ManagedPolicyArns"]) == 2
