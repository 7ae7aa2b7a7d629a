"""Each path of the API reaches the function that serves it."""

from typing import Any

import pytest

from functions.api.resource import Group
from functions.api.whole import TOGETHER, segments_of
from tests.infra.conftest import Template


@pytest.mark.parametrize("group", TOGETHER, ids=lambda group: group.name)
def test_what_a_function_serves_is_routed_to_it(prod: Template, group: Group) -> None:
    routed = _routed(prod)

    assert {segment: routed.get(segment) for segment in segments_of(group)} == dict.fromkeys(
        segments_of(group), group.name
    )


def test_nothing_else_is_routed(prod: Template) -> None:
    assert _routed(prod).keys() == {segment for group in TOGETHER for segment in segments_of(group)} | {"console"}


def test_the_console_and_the_root_are_one_functions(prod: Template) -> None:
    targets = {path: handler for path, handler in _targets(prod) if path.split("/")[1] in ("", "console")}

    assert targets == dict.fromkeys(("/", "/console", "/console/{proxy+}"), "functions.console.handler.handler")


def test_what_is_for_no_function_is_answered_by_one_of_them(prod: Template) -> None:
    """So that an unknown path, or one with a slash at its end, gets a problem document like any other error."""
    routes = prod.of_type("AWS::ApiGatewayV2::Route").values()
    [default] = [route for route in routes if route["RouteKey"] == "$default"]
    assert _handler(prod, default) == "functions.api.aws.identity.handler"


def _routed(template: Template) -> dict[str, str]:
    """By first path segment, the function that both the segment and everything below it are routed to."""
    targets: dict[str, list[tuple[str, str]]] = {}
    for path, handler in _targets(template):
        if path != "/":
            targets.setdefault(path.split("/")[1], []).append((path, handler.split(".")[-2]))
    for segment, found in targets.items():
        assert sorted(path for path, _ in found) == [f"/{segment}", f"/{segment}/{{proxy+}}"], segment
        assert len({function for _, function in found}) == 1, segment
    return {segment: found[0][1] for segment, found in targets.items()}


def _targets(template: Template) -> list[tuple[str, str]]:
    """Each route's path, and the handler of the function that it leads to; the default route has none."""
    targets = []
    for route in template.of_type("AWS::ApiGatewayV2::Route").values():
        if route["RouteKey"] == "$default":
            continue
        method, path = route["RouteKey"].split(" ")
        assert method == "ANY"
        targets.append((path, _handler(template, route)))
    return targets


def _handler(template: Template, route: dict[str, Any]) -> str:
    """The handler of the function that a route leads to."""
    integration = template.of_type("AWS::ApiGatewayV2::Integration")[route["Target"]["Fn::Join"][1][1]["Ref"]]
    alias = template.of_type("AWS::Lambda::Alias")[integration["IntegrationUri"]["Ref"]]
    handler: str = template.of_type("AWS::Lambda::Function")[alias["FunctionName"]["Ref"]]["Handler"]
    return handler
