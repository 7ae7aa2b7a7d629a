"""Functions as CloudFormation gets them: where they run, when they get new code, and how they start."""

import json
import re
from typing import Any

import pytest

from infra.environments import PROD
from infra.stacks.database import DATABASE_NAME
from tests.infra.conftest import Template

API = ("Identity", "Capture", "Review", "Alerts", "Governance", "Console")
OUTSIDE = ("Console", "WebhookPoster", "SweepStarter")


def resource(template: Template, kind: str, part: str) -> dict[str, Any]:
    """The one resource of a type whose name begins so, with what it depends on."""
    [found] = [
        one for name, one in template.content["Resources"].items() if one["Type"] == kind and name.startswith(part)
    ]
    return dict(found)


def function(template: Template, name: str) -> dict[str, Any]:
    properties: dict[str, Any] = resource(template, "AWS::Lambda::Function", name)["Properties"]
    return properties


def names(template: Template) -> list[str]:
    return [re.sub("Function[0-9A-F]{8}$", "", name) for name in template.of_type("AWS::Lambda::Function")]


def test_what_uses_the_database_is_in_its_network_and_nothing_else_is(prod: Template) -> None:
    assert {name for name in names(prod) if "VpcConfig" not in function(prod, name)} == set(OUTSIDE)
    for name in set(names(prod)) - set(OUTSIDE):
        network = function(prod, name)["VpcConfig"]
        # Without NAT, IPv6 is the only way to AWS.
        assert network["Ipv6AllowedForDualStack"] is True
        assert len(network["SubnetIds"]) == 2
        assert function(prod, name)["Environment"]["Variables"]["ANPR_IPV6"] == "true"


def test_what_talks_to_strangers_knows_nothing(prod: Template) -> None:
    known = function(prod, "WebhookPoster")["Environment"]["Variables"]

    assert {name for name in known if name.startswith("ANPR_")} == {"ANPR_WEBHOOK_ALLOW_NETWORKS"}
    sender = function(prod, "WebhookSender")["Environment"]["Variables"]
    assert sender["ANPR_POSTER_FUNCTION"]["Ref"].startswith("WebhookPoster")
    assert function(prod, "WebhookSender")["Timeout"] > function(prod, "WebhookPoster")["Timeout"] > 30


def test_the_database_is_known_by_its_address_and_the_authorities_of_rds(prod: Template) -> None:
    known = function(prod, "Review")["Environment"]["Variables"]

    assert "Endpoint" in json.dumps(known["ANPR_DB_HOST"])
    assert (known["ANPR_DB_NAME"], known["ANPR_DB_SSL_ROOT_CERT"]) == (DATABASE_NAME, "rds")


def test_the_database_is_migrated_before_any_function_has_new_code(prod: Template) -> None:
    migrations = resource(prod, "Custom::DatabaseSetUp", "MigrationsRun")
    [identifier] = [name for name, one in prod.content["Resources"].items() if one["Type"] == "Custom::DatabaseSetUp"]

    assert migrations["Properties"]["ServiceToken"]["Fn::GetAtt"][0].startswith("Setup")
    # A function that dies without an answer fails the deployment in this time.
    assert int(migrations["Properties"]["ServiceTimeout"]) == function(prod, "Setup")["Timeout"]
    for name in names(prod):
        waits = identifier in resource(prod, "AWS::Lambda::Function", name).get("DependsOn", [])
        assert waits is (name != "Setup"), name


def test_other_code_is_another_migration(prod: Template) -> None:
    properties = resource(prod, "Custom::DatabaseSetUp", "MigrationsRun")["Properties"]
    layers = {layer["Ref"] for layer in properties["Layers"]}

    assert layers == set(prod.of_type("AWS::Lambda::LayerVersion"))


def test_the_one_machine_run_migrates_by_itself(templates: dict[str, Template]) -> None:
    assert templates["local"].of_type("Custom::DatabaseSetUp") == {}


@pytest.mark.parametrize("name", API)
def test_a_function_that_people_wait_for_starts_from_a_snapshot_of_its_published_version(
    prod: Template, name: str
) -> None:
    assert function(prod, name)["SnapStart"] == {"ApplyOn": "PublishedVersions"}
    alias = resource(prod, "AWS::Lambda::Alias", name)["Properties"]
    assert alias["Name"] == "live"
    version = prod.content["Resources"][alias["FunctionVersion"]["Fn::GetAtt"][0]]
    assert version["Properties"]["FunctionName"] == alias["FunctionName"]


def test_the_gateway_may_call_the_published_version(prod: Template) -> None:
    allowed = [
        permission["FunctionName"]["Ref"]
        for permission in prod.of_type("AWS::Lambda::Permission").values()
        if permission["Principal"] == "apigateway.amazonaws.com"
    ]

    assert len(allowed) == len(API)
    assert {prod.content["Resources"][name]["Type"] for name in allowed} == {"AWS::Lambda::Alias"}


def test_snapshots_are_paid_for_in_production_alone(templates: dict[str, Template]) -> None:
    for name in ("local", "dev"):
        assert templates[name].of_type("AWS::Lambda::Alias") == {}
        assert not any("SnapStart" in one for one in templates[name].of_type("AWS::Lambda::Function").values())
    others = [name for name in names(templates["prod"]) if name not in API]
    assert not any("SnapStart" in function(templates["prod"], name) for name in others)


def test_a_database_that_wakes_up_is_waited_for_but_not_longer_than_the_gateway_waits(prod: Template) -> None:
    for name in API:
        assert function(prod, name)["Timeout"] < 30


def test_the_starter_knows_whose_activity_counts_and_what_to_start(prod: Template) -> None:
    known = function(prod, "SweepStarter")["Environment"]["Variables"]
    text = json.dumps(known)

    assert known["ANPR_IDLE_QUIET"] == f"PT{PROD.quiet_minutes}M"
    assert known["ANPR_IDLE_API_ID"]["Ref"] in prod.of_type("AWS::ApiGatewayV2::Api")
    for queue in ("DetectionJobs", "AlertingHitsQueue"):
        assert queue in json.dumps(known["ANPR_IDLE_QUEUES"])
    # What the starter writes to itself is no sign of life.
    assert "AlertingWebhooksQueue" not in json.dumps(known["ANPR_IDLE_QUEUES"])
    for name in ("OutboxRelay", "ExportBuilder", "Retention"):
        assert f'"Ref": "{name}Function' in text


def test_snapshots_are_called_once_a_day_so_that_lambda_keeps_them(prod: Template) -> None:
    alive = json.dumps(function(prod, "SweepStarter")["Environment"]["Variables"]["ANPR_SWEEP_KEPT_ALIVE"])

    assert {name for name in prod.of_type("AWS::Lambda::Alias") if name in alive} == set(
        prod.of_type("AWS::Lambda::Alias")
    )
