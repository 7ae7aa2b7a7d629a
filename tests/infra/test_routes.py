"""Each path of the API reaches the function that serves it."""

import importlib

import pytest
from fastapi import FastAPI

from tests.infra.conftest import Template

GROUPS = ("identity", "capture", "review", "alerts", "governance")


def served(group: str) -> set[str]:
    """First path segments of a group's routes."""
    application = FastAPI()
    for router in importlib.import_module(f"functions.api.{group}").ROUTERS:
        application.include_router(router)
    return {path.split("/")[1] for path in application.openapi()["paths"]}


@pytest.mark.parametrize("group", GROUPS)
def test_what_a_function_serves_is_routed_to_it(prod: Template, group: str) -> None:
    routed = _routed(prod)

    assert {segment: routed.get(segment) for segment in served(group)} == dict.fromkeys(served(group), group)


def test_nothing_else_is_routed(prod: Template) -> None:
    known = set().union(*(served(group) for group in GROUPS)) | {"docs", "openapi.json"}

    assert _routed(prod).keys() == known


def _routed(template: Template) -> dict[str, str]:
    """By first path segment, the function that both the segment and everything below it are routed to."""
    functions = {
        name: properties["Handler"].split(".")[-2]
        for name, properties in template.of_type("AWS::Lambda::Function").items()
    }
    live = {
        name: functions[properties["FunctionName"]["Ref"]]
        for name, properties in template.of_type("AWS::Lambda::Alias").items()
    }
    integrations = {
        name: live[properties["IntegrationUri"]["Ref"]]
        for name, properties in template.of_type("AWS::ApiGatewayV2::Integration").items()
    }
    targets: dict[str, list[str]] = {}
    for route in template.of_type("AWS::ApiGatewayV2::Route").values():
        method, path = route["RouteKey"].split(" ")
        assert method == "ANY"
        integration = route["Target"]["Fn::Join"][1][1]["Ref"]
        targets.setdefault(path.split("/")[1], []).append(f"{path.count('{proxy+}')}{integrations[integration]}")
    for segment, found in targets.items():
        assert sorted(found) == [f"0{found[0][1:]}", f"1{found[0][1:]}"], segment
    return {segment: found[0][1:] for segment, found in targets.items()}
