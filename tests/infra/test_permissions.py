"""Who may do what: the whole of each function's permissions, as the core stack's template grants them."""

import json
import re
from typing import Any

import pytest

from tests.infra.conftest import Template, listed
from tests.permissions import EVERY_FUNCTION, MAY, WORKER_MAY


def granted(template: Template) -> dict[str, set[str]]:
    """What each role may do, as "action what": by function, and under "WorkerPolicy" the worker's."""
    found: dict[str, set[str]] = {}
    for policy, statement in template.statements():
        who = re.sub(r"(RoleDefaultPolicy)?[0-9A-F]{8}$", "", policy)
        for action in listed(statement["Action"]):
            names = [""] if action.startswith("logs:") else [_named(what) for what in listed(statement["Resource"])]
            found.setdefault(who, set()).update(f"{action} {name}".strip() for name in names)
    return found


def _named(resource: Any) -> str:
    """A resource in the words of the tables above."""
    if isinstance(resource, str):
        return resource
    text = json.dumps(resource)
    by_name = re.search(r':secret:(anpr/prod/\w+)|":(anpr-[\w*-]+)"', text)
    if by_name:
        return by_name[1].replace("prod/", "") if by_name[1] else f"topic {by_name[2]}"
    identifier = re.search(r'"(\w+?)[0-9A-F]{8}"', text)
    assert identifier, text
    name = re.sub(r"^(Storage|Detection|Events|Secrets)", "", identifier[1])
    path = re.search(r'"(/[^"]+)"', text)
    return name + (path[1] if path else "")


@pytest.mark.parametrize("function", MAY)
def test_each_function_may_do_what_it_needs_and_no_more(prod: Template, function: str) -> None:
    assert granted(prod)[function] == MAY[function] | EVERY_FUNCTION


def test_the_worker_may_do_what_it_needs_and_no_more(prod: Template) -> None:
    assert granted(prod)["WorkerPolicy"] == WORKER_MAY


def test_every_function_stands_in_the_table(prod: Template) -> None:
    assert granted(prod).keys() == MAY.keys() | {"WorkerPolicy"}
    assert len(prod.of_type("AWS::Lambda::Function")) == len(MAY)


def test_no_permission_is_for_all_actions(prod: Template) -> None:
    actions = [action for _, statement in prod.statements() for action in listed(statement["Action"])]

    assert [action for action in actions if "*" in action] == []
    assert {
        listed(role["AssumeRolePolicyDocument"]["Statement"])[0]["Principal"]["Service"] for role in roles(prod)
    } == {"lambda.amazonaws.com"}
    assert [role for role in roles(prod) if role.get("ManagedPolicyArns")] == []


def roles(template: Template) -> list[dict[str, Any]]:
    return list(template.of_type("AWS::IAM::Role").values())
