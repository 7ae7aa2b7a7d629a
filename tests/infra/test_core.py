"""What the core stack's template promises: what happens to data, and what reaches whom."""

import re
from typing import Final

import pytest

from anpr.messages import EventType
from tests.infra.conftest import Template, listed

# One of these would make the emulator refuse the whole template.
_UNKNOWN_TO_THE_EMULATOR: Final = re.compile(
    r"AWS::(ApplicationAutoScaling|EC2::(EIP|NatGateway|SecurityGroupIngress)|RDS::DBProxy"
    r"|SecretsManager::RotationSchedule|Events::(Archive|Connection|ApiDestination)|ECS::CapacityProvider"
    r"|WAFv2::WebACLAssociation)"
)


@pytest.mark.parametrize("kind", ["AWS::S3::Bucket", "AWS::SQS::Queue"])
def test_buckets_and_queues_refuse_what_is_not_encrypted_on_the_way(prod: Template, kind: str) -> None:
    policy_kind, target = {
        "AWS::S3::Bucket": ("AWS::S3::BucketPolicy", "Bucket"),
        "AWS::SQS::Queue": ("AWS::SQS::QueuePolicy", "Queues"),
    }[kind]
    protected = {
        part["Ref"]
        for policy in prod.of_type(policy_kind).values()
        for statement in policy["PolicyDocument"]["Statement"]
        if statement["Effect"] == "Deny" and statement.get("Condition") == {"Bool": {"aws:SecureTransport": "false"}}
        for part in listed(policy[target])
    }

    assert protected == prod.of_type(kind).keys()


def test_what_is_stored_is_encrypted_and_private(prod: Template) -> None:
    for bucket in prod.of_type("AWS::S3::Bucket").values():
        assert bucket["BucketEncryption"]
        assert set(bucket["PublicAccessBlockConfiguration"].values()) == {True}
    for queue in prod.of_type("AWS::SQS::Queue").values():
        assert queue["SqsManagedSseEnabled"] is True


def test_uploads_notify_the_queue_which_lets_them(prod: Template) -> None:
    identifier, footage = next(item for item in prod.of_type("AWS::S3::Bucket").items() if "Footage" in item[0])
    (notification,) = footage["NotificationConfiguration"]["QueueConfigurations"]

    assert notification["Event"] == "s3:ObjectCreated:*"
    assert notification["Filter"] == {"S3Key": {"Rules": [{"Name": "prefix", "Value": "uploads/"}]}}
    (policy,) = [name for name in prod.content["Resources"][identifier]["DependsOn"] if "JobsPolicy" in name]
    allowed = [
        statement
        for statement in prod.of_type("AWS::SQS::QueuePolicy")[policy]["PolicyDocument"]["Statement"]
        if statement["Effect"] == "Allow"
    ]
    assert [(one["Principal"], one["Action"], one["Condition"]) for one in allowed] == [
        (
            {"Service": "s3.amazonaws.com"},
            "sqs:SendMessage",
            {"StringEquals": {"aws:SourceAccount": {"Ref": "AWS::AccountId"}}},
        )
    ]


def test_a_message_is_dead_after_three_receives(prod: Template) -> None:
    queues = prod.of_type("AWS::SQS::Queue")
    (jobs,) = [queue for name, queue in queues.items() if "RedrivePolicy" in queue and name.startswith("Detection")]

    assert jobs["RedrivePolicy"]["maxReceiveCount"] == 3
    dead = jobs["RedrivePolicy"]["deadLetterTargetArn"]["Fn::GetAtt"][0]
    assert queues[dead]["MessageRetentionPeriod"] == 14 * 24 * 3600


def test_the_tap_gets_every_domain_event_and_production_has_none(templates: dict[str, Template]) -> None:
    (tap,) = [rule for name, rule in templates["local"].of_type("AWS::Events::Rule").items() if "TapRule" in name]

    assert set(tap["EventPattern"]["detail-type"]) == {kind.value for kind in EventType}
    assert tap["EventPattern"]["source"] == ["anpr"]
    assert tap["EventBusName"] == {"Ref": next(iter(templates["local"].of_type("AWS::Events::EventBus")))}
    assert [name for name in templates["prod"].content["Resources"] if "Tap" in name] == []


def test_rules_wait_for_our_own_events_and_schedules_run_functions(prod: Template) -> None:
    for rule in prod.of_type("AWS::Events::Rule").values():
        assert ("EventPattern" in rule) != ("ScheduleExpression" in rule)
        if "EventPattern" in rule:
            assert rule["EventPattern"]["source"] == ["anpr"]
            assert set(rule["EventPattern"]["detail-type"]) <= {kind.value for kind in EventType}


def test_the_sweeps_run_as_often_as_they_must(templates: dict[str, Template]) -> None:
    schedules = {
        name: {
            re.sub("^Sweeps|Rule.*$", "", rule): found["ScheduleExpression"]
            for rule, found in template.of_type("AWS::Events::Rule").items()
            if "ScheduleExpression" in found
        }
        for name, template in templates.items()
    }

    often = {"OutboxRelay": "rate(1 minute)", "Webhooks": "rate(1 minute)"}
    seldom = {"ExportBuilder": "rate(5 minutes)", "Retention": "rate(5 minutes)"}
    assert schedules["local"] == often | seldom
    # On AWS, one function starts them all, and none where nothing has happened.
    assert schedules["prod"] == schedules["dev"] == {"Starter": "rate(1 minute)"}


def test_no_secret_is_written_in_a_template(templates: dict[str, Template]) -> None:
    for template in templates.values():
        for secret in template.of_type("AWS::SecretsManager::Secret").values():
            assert "SecretString" not in secret
        for function in template.of_type("AWS::Lambda::Function").values():
            names = function["Environment"]["Variables"]
            assert [name for name in names if "PASSWORD" in name or "PRIVATE" in name] == []


def test_the_functions_run_on_what_their_layer_was_built_for(prod: Template) -> None:
    for function in prod.of_type("AWS::Lambda::Function").values():
        assert (function["Runtime"], function["Architectures"]) == ("python3.13", ["arm64"])
        assert len(function["Layers"]) == 2
    retained = {name for name, part in prod.content["Resources"].items() if part.get("DeletionPolicy") == "Retain"}
    kept = {name for kind in ("AWS::S3::Bucket", "AWS::Lambda::LayerVersion") for name in prod.of_type(kind)}
    assert kept <= retained


def test_logs_end_some_day(prod: Template) -> None:
    logs = prod.of_type("AWS::Logs::LogGroup")

    # One for each function, and the access log.
    assert len(logs) == len(prod.of_type("AWS::Lambda::Function")) + 1
    assert all(log["RetentionInDays"] >= 30 for log in logs.values())


def test_the_emulator_knows_every_resource(templates: dict[str, Template]) -> None:
    assert [kind for kind in templates["prod"].types if _UNKNOWN_TO_THE_EMULATOR.match(kind)] == []
