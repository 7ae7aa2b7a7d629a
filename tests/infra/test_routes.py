"""Each path of the API reaches the function that serves it."""

import pytest

from functions.api.resource import Group
from functions.api.whole import GROUPS, segments_of
from tests.infra.conftest import Template


@pytest.mark.parametrize("group", GROUPS, ids=lambda group: group.name)
def test_what_a_function_serves_is_routed_to_it(prod: Template, group: Group) -> None:
    routed = _routed(prod)

    assert {segment: routed.get(segment) for segment in segments_of(group)} == dict.fromkeys(
        segments_of(group), group.name
    )


def test_nothing_else_is_routed(prod: Template) -> None:
    assert _routed(prod).keys() == {segment for group in GROUPS for segment in segments_of(group)}


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
