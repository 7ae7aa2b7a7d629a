"""The API against its own description: requests made up from it, right ones and wrong ones, and each answer checked.

`make test` sends the same few of every operation each time; `make fuzz` sends many, and other ones each time.
"""

import logging
import os
import re
from collections.abc import Iterator
from typing import Any, Final

import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from hypothesis.errors import Unsatisfiable
from schemathesis import Case, GenerationMode
from schemathesis.config import SchemathesisConfig
from schemathesis.core.failures import FailureGroup
from schemathesis.core.result import Ok

from anpr.settings import RateLimitSettings
from functions.api.app import routes_of
from functions.api.resource import Group
from functions.api.telemetry import PlainTelemetry
from functions.api.whole import GROUPS, WholeApi
from tests.functions.api.client import RULES, Api
from tests.functions.api.traces import leave_trace

EXAMPLES: Final = int(os.environ.get("ANPR_FUZZ", "0"))
"""How many requests of each kind and operation, drawn anew each time; 0 for a few that are always the same."""
UNLIMITED: Final = RateLimitSettings(
    logins_per_account=0,
    logins_per_account_anywhere=0,
    logins_per_address=0,
    searches_per_account=0,
    searches_per_address=0,
)
# All checks that the tool has. What a schema cannot say (that a camera exists, that a reason goes with a verdict) is
# told by 400 or 422.
CONFIG: Final = {
    "checks": {
        "positive_data_acceptance": {
            "expected-statuses": ["2xx", "3xx", "400", "401", "403", "404", "409", "422", "429"],
        }
    }
}
METHODS: Final = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE")


@pytest.fixture
def known(api: Api) -> dict[str, str]:
    """An id of something of each kind that a path can name, by its name in paths."""
    user = {"email": "new@example.org", "password": "a long enough password", "role": "viewer"}
    made = {
        "list_id": api.admin.post("/bolos/lists", {"name": "stolen"}),
        "webhook_id": api.admin.post("/webhooks", {"url": "https://example.org/hook"}),
        "group_id": api.admin.post("/cameras/groups", {"name": "north", "camera_ids": []}),
        "hold_id": api.admin.post("/admin/holds", {"case_number": "7", "reason": "case 7", "plate": "XY1"}),
        "key_id": api.admin.post("/auth/keys", {"name": "box", "role": "viewer", "permissions": ["events:read"]}),
        "user_id": api.admin.post("/users", user),
        "vehicle_id": api.admin.post("/vehicles", {"plate": "XY2", "name": "Post van"}),
    }
    assert [(name, reply.body) for name, reply in made.items() if reply.status != 201] == []
    ids = {name: str(reply.json()["id"]) for name, reply in made.items()}
    trace = leave_trace(api, ids["list_id"], "AB12CDE")
    ids |= {name: str(value) for name, value in vars(trace).items()}
    ids["bolo_id"] = api.admin.get("/bolos").json()["items"][0]["id"]
    return ids | {"job_id": str(trace.job_id), "plate": "AB12CDE", "month": "2026-01"}


def strategies(operation: Any, known: dict[str, str]) -> Iterator[Any]:
    """Right and wrong requests: below ids that are made up, and below some that there are."""
    names = [name for name in re.findall(r"\{(\w+)\}", operation.path) if name in known]
    for mode in (GenerationMode.POSITIVE, GenerationMode.NEGATIVE):
        yield operation.as_strategy(generation_mode=mode)
        if names:
            there = {name: known[name] for name in names}
            yield operation.as_strategy(generation_mode=mode, path_parameters=there)


@pytest.mark.parametrize("group", GROUPS, ids=lambda group: group.name)
def test_answers_are_what_the_description_says(api: Api, known: dict[str, str], group: Group) -> None:
    # A line for each request would be the most of what this takes.
    logging.getLogger("contract").setLevel(logging.CRITICAL)
    api = api.with_services(rates=UNLIMITED)
    app = WholeApi(api.services, PlainTelemetry(logging.getLogger("contract")))
    schema = schemathesis.openapi.from_asgi("/openapi.json", app, config=SchemathesisConfig.from_dict(CONFIG))
    headers = {"authorization": f"Bearer {api.admin.token}"}
    wrong: dict[tuple[str, str], str] = {}
    asked = set()

    def send(case: Case[Any]) -> None:
        # A made-up key would be looked at in place of the token.
        case.headers.pop("X-API-Key", None)
        response = case.call(headers=headers)
        asked.add((case.operation.method.upper(), case.operation.path))
        try:
            case.validate_response(response, headers=headers)
        except FailureGroup as failures:
            for failure in failures.exceptions:
                what = f"{failure}\n{case.as_curl_command()}\n{response.status_code} {response.content[:500]!r}"
                wrong.setdefault((case.operation.label, type(failure).__name__), what)

    served = {(method, route.path) for method, route in routes_of(group.resources) if route.include_in_schema}
    for result in schema.get_all_operations():
        assert isinstance(result, Ok), result
        operation = result.ok()
        if (operation.method.upper(), operation.path) not in served:
            continue
        for strategy in strategies(operation, known):
            run = settings(
                max_examples=EXAMPLES or 2,
                derandomize=not EXAMPLES,
                database=None,
                deadline=None,
                suppress_health_check=list(HealthCheck),
            )(given(case=strategy)(send))
            try:
                run()
            except Unsatisfiable:
                # Nothing about this operation can be wrong, such as of one without parameters.
                continue
    assert "\n\n".join(f"{label}: {name}: {what}" for (label, name), what in wrong.items()) == ""
    assert asked == served


@pytest.mark.parametrize("group", GROUPS, ids=lambda group: group.name)
def test_a_method_that_a_path_has_not_is_refused_with_those_that_it_has(api: Api, group: Group) -> None:
    declared: dict[str, set[str]] = {}
    for method, path in RULES:
        declared.setdefault(path, set()).add(method)
    wrong = []
    for path in sorted({route.path for _, route in routes_of(group.resources)}):
        for method in METHODS:
            if method in declared[path]:
                continue
            filled = re.sub(r"\{\w+\}", "7a4f8c8e-54a3-4a39-9a0e-6c52f2a9f6d1", path)
            reply = api.anonymous.request(method, filled)
            told = {name.strip() for name in reply.headers.get("allow", "").split(",")}
            if (reply.status, reply.headers["content-type"], told) != (405, "application/problem+json", declared[path]):
                wrong.append((method, path, reply.status, reply.headers.get("allow")))
    assert wrong == []
