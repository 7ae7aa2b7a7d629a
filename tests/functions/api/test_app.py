import logging
import re

import pytest
from fastapi import APIRouter

from anpr.errors import TooManyRequests, Unavailable
from functions.api.access import Access, allows
from functions.api.aws.host import LambdaHandler
from functions.api.resource import Group
from functions.api.services import ApiServices
from tests.functions.api.client import Api, Client
from tests.lambda_context import lambda_context


def client_of(api: Api, router: APIRouter) -> Client:
    """A client of an application of one router."""
    services = ApiServices(database=api.database, verifier=api.verifier)
    return Client(LambdaHandler(Group("test", [router], ApiServices), lambda: services))


def test_what_nobody_expected_is_a_problem_that_tells_nothing(api: Api, caplog: pytest.LogCaptureFixture) -> None:
    router = APIRouter()

    @router.get("/broken")
    @allows(Access.PUBLIC)
    def broken() -> None:
        raise ZeroDivisionError("the password is hunter2")

    with caplog.at_level(logging.ERROR):
        reply = client_of(api, router).get("/broken")

    assert (reply.status, reply.headers["content-type"]) == (500, "application/problem+json")
    assert reply.json()["request_id"] == reply.headers["x-request-id"]
    assert "hunter2" not in reply.body
    assert "ZeroDivisionError" not in reply.body
    assert "hunter2" in caplog.text


def test_a_limit_says_when_to_come_back(api: Api) -> None:
    router = APIRouter()

    @router.get("/limited")
    @allows(Access.PUBLIC)
    def limited() -> None:
        raise TooManyRequests("Too many logins.", retry_after_s=30, limit=10)

    reply = client_of(api, router).get("/limited")
    assert (reply.status, reply.headers["retry-after"]) == (429, "30")
    assert (reply.json()["detail"], reply.json()["limit"]) == ("Too many logins.", 10)


def test_what_is_not_there_is_a_problem_too(api: Api) -> None:
    for path in ("/", "/nothing", "/users/", "/events/%00", "/../etc/passwd"):
        reply = api.admin.get(path)
        assert reply.headers["content-type"] == "application/problem+json", path
        assert reply.status in (404, 422), path
    wrong = api.admin.delete("/users")
    assert (wrong.status, wrong.json()["type"]) == (405, "urn:anpr:problem:method-not-allowed")
    assert "GET" in wrong.headers["allow"]


def test_bodies_that_are_no_json_are_refused(api: Api) -> None:
    for raw in ("", "{", "[" * 100_000, '{"email": ', "\x00", "null", "[]", '"text"', "9" * 5000):
        reply = api.anonymous.request("POST", "/auth/login", raw=raw)
        assert reply.status in (400, 422), raw[:20]
        assert reply.headers["content-type"] == "application/problem+json", raw[:20]


def test_a_body_that_is_too_large_is_refused(api: Api) -> None:
    reply = api.anonymous.post("/auth/login", {"email": "a@b", "password": "x" * 2_000_000})
    assert (reply.status, reply.headers["content-type"]) == (413, "application/problem+json")


def test_a_body_of_another_type_is_refused(api: Api) -> None:
    reply = api.anonymous.request(
        "POST",
        "/auth/login",
        raw="email=a%40b&password=x",
        headers={"content-type": "application/x-www-form-urlencoded"},
    )
    assert reply.status == 422


def test_each_answer_has_its_request_id(api: Api) -> None:
    replies = [api.anonymous.get("/health"), api.anonymous.get("/users"), api.anonymous.get("/nothing")]
    assert all(reply.headers["x-request-id"] for reply in replies)
    assert len({reply.headers["x-request-id"] for reply in replies}) == len(replies)
    assert replies[1].json()["request_id"] == replies[1].headers["x-request-id"]


def test_a_request_is_one_line_in_the_log(api: Api, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO):
        reply = api.viewer.get("/users/me")

    (record,) = [record for record in caplog.records if record.name == "api-identity"]
    logged = vars(record)
    assert (logged["method"], logged["path"], logged["status"]) == ("GET", "/users/me", 200)
    assert logged["request_id"] == reply.headers["x-request-id"]
    assert not [value for value in logged.values() if "Bearer" in str(value)]


def test_a_start_that_fails_is_a_problem_and_is_tried_again(api: Api) -> None:
    services = ApiServices(database=api.database, verifier=api.verifier)
    ready: list[bool] = []

    def build() -> ApiServices:
        if not ready:
            raise Unavailable("The database is not set up yet: its secret has no value.")
        return services

    client = Client(LambdaHandler(Group("test", [], ApiServices), build))
    reply = client.get("/nothing")
    assert (reply.status, reply.headers["content-type"]) == (503, "application/problem+json")
    assert int(reply.headers["retry-after"]) > 0
    assert "not set up" in reply.json()["detail"]

    ready.append(True)
    assert client.get("/nothing").status == 404


def test_the_description_and_its_page_are_served(api: Api) -> None:
    assert api.anonymous.get("/openapi.json").json()["info"]["title"] == "ANPR"
    page = api.anonymous.get("/docs")
    assert page.headers["content-type"].startswith("text/html")
    # Relative: the API may stand behind a path. And nothing comes from elsewhere.
    assert 'data-description="openapi.json"' in page.body
    assert re.findall(r'(?:src|href)="([a-z]+:|/)', page.body) == []
    policy = page.headers["content-security-policy"]
    assert "script-src 'self';" in policy
    assert "http" not in policy


def test_a_call_that_is_no_request_only_keeps_the_function_alive(api: Api) -> None:
    handler = LambdaHandler(
        Group("test", [], ApiServices), lambda: ApiServices(database=api.database, verifier=api.verifier)
    )

    assert handler({}, lambda_context("api")) == {}
