import re
from collections.abc import Iterator
from uuid import uuid4

import pytest
from fastapi import FastAPI
from fastapi.dependencies.models import Dependant

from anpr.models import Role
from functions.api.access import Access
from functions.api.app import create_app, routes_of
from functions.api.resource import Group, Resource
from functions.api.services import ApiServices
from functions.api.services.identity import IdentityServices
from functions.api.telemetry import PlainTelemetry
from functions.api.whole import GROUPS
from tests.functions.api.client import RULES, SCRAPE_TOKEN, Api, Client

MAY = {
    Access.VIEWER: {Role.VIEWER, Role.REVIEWER, Role.ADMIN},
    Access.REVIEWER: {Role.REVIEWER, Role.ADMIN},
    Access.ADMIN: {Role.ADMIN},
    Access.SCRAPER: {Role.ADMIN},
}

# Another service's clients know no 401.
FORBIDDEN_THERE = dict.fromkeys(("/v1/plate-reader", "/v1/plate-reader/"), 403)


def call(client: Client, method: str, path: str) -> int:
    # What shows that no other site made a request is no part of who may make it.
    headers = {"x-anpr-session": "1"}
    return client.request(method, re.sub(r"\{\w+\}", lambda _name: str(uuid4()), path), headers=headers).status


def test_a_route_that_does_not_say_who_may_call_it_keeps_the_application_from_starting(api: Api) -> None:
    resource = Resource("/forgotten", tag="forgotten")
    resource.add_api_route("", lambda: None)
    services = ApiServices(database=api.database, verifier=api.verifier)

    with pytest.raises(LookupError, match="lambda"):
        create_app(Group("test", [resource], ApiServices), services, PlainTelemetry())


def test_a_group_is_not_started_with_the_services_of_another(api: Api) -> None:
    group = Group("test", [], IdentityServices)

    with pytest.raises(TypeError, match="needs IdentityServices, not CaptureServices"):
        create_app(group, api.services["capture"], PlainTelemetry())


def _needed(dependant: Dependant) -> Iterator[type[ApiServices]]:
    """The classes of services that a route's function and all that it depends on ask for."""
    for parameter in dependant.dependencies:
        yield from _needed(parameter)
    call = getattr(dependant.call, "__func__", dependant.call)
    owner = call.__init__ if isinstance(call, type) else call  # type: ignore[misc] # of a dependency that is a class
    for annotation in getattr(owner, "__annotations__", {}).values():
        for kind in (annotation, *getattr(annotation, "__args__", ())):
            if isinstance(kind, type) and issubclass(kind, ApiServices):
                yield kind


@pytest.mark.parametrize("group", GROUPS, ids=lambda group: group.name)
def test_each_route_asks_for_services_that_its_group_has(group: Group) -> None:
    application = FastAPI()
    for resource in group.resources:
        application.include_router(resource)
    asked = {(route.path, kind) for _, route in routes_of(group.resources) for kind in _needed(route.dependant)}
    assert {kind for _, kind in asked} > {ApiServices} or group.name == "identity"
    assert [(path, kind.__name__) for path, kind in asked if not issubclass(group.services, kind)] == []


def test_each_route_lets_in_whom_it_says(api: Api) -> None:
    """Every route by every role, by nobody, and by tokens that have expired."""
    clients = {role: api.as_role(role) for role in Role}
    expired = {role: api.expired(role) for role in Role}
    wrong = []
    for (method, path), rule in RULES.items():
        if rule.access is Access.PUBLIC:
            # Reached: the answer is the route's own, which for want of a body may be that one is needed.
            if call(api.anonymous, method, path) in (401, 403, 500):
                wrong.append((method, path, "anonymous"))
            continue
        unknown = FORBIDDEN_THERE.get(path, 401)
        if call(api.anonymous, method, path) != unknown:
            wrong.append((method, path, "anonymous"))
        for role in Role:
            if call(expired[role], method, path) != unknown:
                wrong.append((method, path, f"expired {role}"))
            status = call(clients[role], method, path)
            let_in = status not in (401, 403, 500)
            refused = status == 403
            if not (let_in if role in MAY[rule.access] else refused):
                wrong.append((method, path, f"{role}: {status}"))
    assert wrong == []


def test_the_scrape_token_opens_the_metrics_and_nothing_else(api: Api) -> None:
    scraper = Client(api.handler, SCRAPE_TOKEN)

    assert scraper.get("/metrics").status == 200
    assert Client(api.handler, SCRAPE_TOKEN + "x").get("/metrics").status == 401
    assert scraper.get("/users").status == 401
