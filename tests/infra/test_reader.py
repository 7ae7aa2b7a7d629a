"""What the template promises of the function that answers single pictures."""

from typing import Any

import pytest

from anpr.adapters.aws.settings import BusSettings
from anpr.settings import DatabaseSettings, StorageSettings
from functions.api.groups.reader import GROUP
from functions.api.whole import segments_of
from tests.infra.conftest import Template
from tests.infra.test_dockerfile import stages


@pytest.fixture(params=["dev", "prod"])
def worker(request: pytest.FixtureRequest, assemblies: dict[str, dict[str, Template]]) -> Template:
    return assemblies[request.param]["worker"]


def function(template: Template) -> dict[str, Any]:
    (found,) = [made for name, made in template.of_type("AWS::Lambda::Function").items() if name.startswith("Reader")]
    return dict(found)


def test_its_paths_lead_to_it(worker: Template) -> None:
    keys = {route["RouteKey"] for route in worker.of_type("AWS::ApiGatewayV2::Route").values()}

    assert keys == {f"ANY /{segment}{rest}" for segment in segments_of(GROUP) for rest in ("", "/{proxy+}")}
    (integration,) = worker.of_type("AWS::ApiGatewayV2::Integration").values()
    assert integration["PayloadFormatVersion"] == "2.0"
    assert integration["IntegrationUri"]["Fn::GetAtt"][0].startswith("ReaderFunction")


def test_the_core_leaves_these_paths_alone(assemblies: dict[str, dict[str, Template]]) -> None:
    for stacks in assemblies.values():
        routes = stacks["core"].of_type("AWS::ApiGatewayV2::Route").values()
        assert [route for route in routes if route["RouteKey"].split("/")[1:2] in (["read"], ["v1"])] == []


def test_it_is_the_cpu_workers_image_for_its_own_processors(worker: Template) -> None:
    assert function(worker)["Architectures"] == ["x86_64"]
    cpu = [image for image in worker.images if image["dockerBuildArgs"] == {"KIND": "cpu"}]
    assert {(image["dockerFile"], image["platform"]) for image in cpu} == {("gpu_worker/Dockerfile", "linux/amd64")}


def test_it_is_started_by_what_the_image_has(worker: Template) -> None:
    config = function(worker)["ImageConfig"]
    python = stages("cpu")["worker"].of("ENTRYPOINT")[0].split('"')[1]

    assert config["EntryPoint"] == [python, "-m", "awslambdaric"]
    assert config["Command"] == ["server.reader_function.handler"]


def test_it_is_given_every_setting_that_it_reads(worker: Template, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in function(worker)["Environment"]["Variables"].items():
        monkeypatch.setenv(name, value if isinstance(value, str) else "given")

    assert DatabaseSettings().role == "anpr_app"
    assert StorageSettings().bucket == "given"
    assert BusSettings().name == "anpr"


def test_it_reaches_the_database_and_nothing_reaches_it(worker: Template) -> None:
    assert function(worker)["VpcConfig"]["Ipv6AllowedForDualStack"] is True
    (role,) = [made for name, made in worker.of_type("AWS::IAM::Role").items() if name.startswith("ReaderRole")]
    assert len(role["ManagedPolicyArns"]) == 1
