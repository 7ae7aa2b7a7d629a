"""Who may do what: the whole of each function's permissions, as the core stack's template grants them."""

import json
import re
from typing import Any

import pytest

from tests.infra.conftest import Template, listed
from tests.permissions import (
    EVERY_FUNCTION,
    MAY,
    READER_MAY,
    STARTER_MAY,
    USES_DATABASE,
    WITHOUT_DATABASE,
    WORKER_MAY,
)

# What Lambda needs to connect a function to the database's network.
IN_THE_NETWORK = {
    f"ec2:{action} *"
    for action in (
        "CreateNetworkInterface",
        "DescribeNetworkInterfaces",
        "DescribeSubnets",
        "DeleteNetworkInterface",
        "AssignPrivateIpAddresses",
        "UnassignPrivateIpAddresses",
    )
}


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
    """A resource in the words of the tables."""
    if isinstance(resource, str):
        return resource
    text = json.dumps(resource)
    if "dbuser" in text:
        return text.rpartition("/")[2].rstrip('"]}')
    if "MasterUserSecret" in text:
        return "owner"
    by_name = re.search(r':secret:(anpr/\w+/\w+)|":(anpr-[\w*-]+)"', text)
    if by_name:
        return re.sub(r"/\w+/", "/", by_name[1]) if by_name[1] else f"topic {by_name[2]}"
    identifier = re.search(r'"(\w+?)[0-9A-F]{8}"', text)
    assert identifier, text
    name = re.sub(r"^(Storage|Detection|Events|Secrets)", "", identifier[1])
    path = re.search(r'"(/[^"]+)"', text)
    return name + (path[1] if path else "")


def on_aws(function: str, rights: set[str]) -> set[str]:
    """What the tables say of the one-machine run, as it is where the database knows IAM and is in a network."""
    if USES_DATABASE not in rights:
        return rights
    login = "secretsmanager:GetSecretValue owner" if function == "Setup" else "rds-db:connect anpr_app"
    return rights - {USES_DATABASE} | {login}


@pytest.mark.parametrize("function", [*MAY, "SweepStarter"])
def test_each_function_may_do_what_it_needs_and_no_more(prod: Template, function: str) -> None:
    rights = on_aws(function, MAY.get(function, STARTER_MAY))
    if function not in (*WITHOUT_DATABASE, "SweepStarter"):
        rights |= IN_THE_NETWORK

    assert granted(prod)[function] == rights | EVERY_FUNCTION


def test_the_worker_may_do_what_it_needs_and_no_more(prod: Template) -> None:
    assert granted(prod)["WorkerPolicy"] == on_aws("Worker", WORKER_MAY)


@pytest.mark.parametrize("name", ["prod", "local"])
def test_what_answers_single_pictures_may_do_what_it_needs_and_no_more(
    templates: dict[str, Template], name: str
) -> None:
    expected = READER_MAY if name == "local" else on_aws("Reader", READER_MAY)

    assert granted(templates[name])["ReaderPolicy"] == expected


@pytest.mark.parametrize("function", MAY)
def test_the_one_machine_run_grants_the_same_but_for_the_database(
    templates: dict[str, Template], function: str
) -> None:
    # There, nothing is traced.
    expected = {right for right in MAY[function] | EVERY_FUNCTION if not right.startswith("xray:")}

    assert granted(templates["local"])[function] == expected


def test_a_functions_own_code_may_not_touch_the_network_that_lambda_makes_for_it(prod: Template) -> None:
    made = {right.split()[0] for right in IN_THE_NETWORK}
    refused = {
        name.split("Role")[0]: set(statement["Action"])
        for name, statement in prod.statements(effect="Deny")
        if "lambda:SourceFunctionArn" in json.dumps(statement["Condition"])
    }

    assert refused == {name: made for name in MAY if name not in WITHOUT_DATABASE}


def test_every_function_stands_in_the_table(prod: Template) -> None:
    assert granted(prod).keys() == MAY.keys() | {"WorkerPolicy", "ReaderPolicy", "SweepStarter"}
    assert len(prod.of_type("AWS::Lambda::Function")) == len(MAY) + 1


def test_no_permission_is_for_all_actions(prod: Template) -> None:
    actions = [action for _, statement in prod.statements() for action in listed(statement["Action"])]

    assert [action for action in actions if "*" in action] == []
    assert {
        listed(role["AssumeRolePolicyDocument"]["Statement"])[0]["Principal"]["Service"] for role in roles(prod)
    } == {"lambda.amazonaws.com"}
    assert [role for role in roles(prod) if role.get("ManagedPolicyArns")] == []


def roles(template: Template) -> list[dict[str, Any]]:
    return list(template.of_type("AWS::IAM::Role").values())
