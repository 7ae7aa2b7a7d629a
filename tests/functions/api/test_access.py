import re
from uuid import uuid4

import pytest
from fastapi import APIRouter

from anpr.models import Role
from functions.api.access import ACCESS, Access
from functions.api.app import create_app, routes_of
from functions.api.openapi import ROUTERS
from functions.api.services import ApiServices
from functions.api.telemetry import make_telemetry
from tests.functions.api.client import SCRAPE_TOKEN, Api, Client

MAY = {
    Access.VIEWER: {Role.VIEWER, Role.REVIEWER, Role.ADMIN},
    Access.REVIEWER: {Role.REVIEWER, Role.ADMIN},
    Access.ADMIN: {Role.ADMIN},
    Access.SCRAPER: {Role.ADMIN},
}


def call(client: Client, method: str, path: str) -> int:
    return client.request(method, re.sub(r"\{\w+\}", lambda _name: str(uuid4()), path)).status


def test_the_table_has_every_route_and_no_other() -> None:
    assert set(ACCESS) == set(routes_of(ROUTERS))


def test_a_route_outside_the_table_keeps_the_application_from_starting(api: Api) -> None:
    router = APIRouter()
    router.add_api_route("/forgotten", lambda: None)
    services = ApiServices(database=api.database, verifier=api.verifier)

    with pytest.raises(LookupError, match="GET /forgotten"):
        create_app(services, [router], make_telemetry("test"))


def test_each_route_lets_in_whom_the_table_says(api: Api) -> None:
    """Every route by every role, by nobody, and by tokens that have expired."""
    clients = {role: api.as_role(role) for role in Role}
    expired = {role: api.expired(role) for role in Role}
    wrong = []
    for (method, path), rule in ACCESS.items():
        if rule.access is Access.PUBLIC:
            # Reached: the answer is the route's own, which for want of a body may be that one is needed.
            if call(api.anonymous, method, path) in (401, 403, 500):
                wrong.append((method, path, "anonymous"))
            continue
        if call(api.anonymous, method, path) != 401:
            wrong.append((method, path, "anonymous"))
        for role in Role:
            if call(expired[role], method, path) != 401:
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
