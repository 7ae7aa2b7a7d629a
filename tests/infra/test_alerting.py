"""Alerting as CloudFormation gets it: who may do what, and what feeds what."""

from typing import Any

from tests.infra.conftest import Template


def _actions(template: Template, function: str) -> dict[str, list[Any]]:
    """What one function's role may do, by action."""
    found: dict[str, list[Any]] = {}
    for name, statement in template.statements():
        if name.startswith(function):
            actions = statement["Action"] if isinstance(statement["Action"], list) else [statement["Action"]]
            for action in actions:
                found.setdefault(action, []).append(statement["Resource"])
    return found


def _named(template: Template, kind: str, part: str) -> tuple[str, dict[str, Any]]:
    [found] = [(name, properties) for name, properties in template.of_type(kind).items() if part in name]
    return found


def test_hits_come_from_the_bus_by_a_queue_that_outlasts_an_outage(prod: Template) -> None:
    queue, properties = _named(prod, "AWS::SQS::Queue", "AlertingHitsQueue")
    assert properties["RedrivePolicy"]["maxReceiveCount"] * properties["VisibilityTimeout"] >= 3600
    _, rule = _named(prod, "AWS::Events::Rule", "HitsRule")
    told = {"bolo.matched", "bolo.updated", "webhook.disabled", "license.warning"}
    told |= {"audit.anchored", "audit.disputed", "camera.silent", "camera.back"}
    assert set(rule["EventPattern"]["detail-type"]) == told
    assert rule["Targets"][0]["Arn"] == {"Fn::GetAtt": [queue, "Arn"]}
    _, source = _named(prod, "AWS::Lambda::EventSourceMapping", "BoloNotifier")
    assert source["EventSourceArn"] == {"Fn::GetAtt": [queue, "Arn"]}
    assert source["FunctionResponseTypes"] == ["ReportBatchItemFailures"]


def test_webhooks_are_sent_one_a_call(prod: Template) -> None:
    queue, properties = _named(prod, "AWS::SQS::Queue", "AlertingWebhooksQueue")
    _, source = _named(prod, "AWS::Lambda::EventSourceMapping", "WebhookSender")
    assert (source["EventSourceArn"], source["BatchSize"]) == ({"Fn::GetAtt": [queue, "Arn"]}, 1)
    _, function = _named(prod, "AWS::Lambda::Function", "WebhookSender")
    assert properties["VisibilityTimeout"] > function["Timeout"]


def test_only_the_one_machine_run_may_send_webhooks_to_private_networks(templates: dict[str, Template]) -> None:
    allowed = {
        name: _named(template, "AWS::Lambda::Function", "WebhookPoster")[1]["Environment"]["Variables"][
            "ANPR_WEBHOOK_ALLOW_NETWORKS"
        ]
        for name, template in templates.items()
    }
    assert allowed == {"local": '["127.0.0.0/8"]', "dev": "[]", "prod": "[]"}


def test_topics_are_limited_by_their_names(prod: Template) -> None:
    for function in ("Alerts", "BoloNotifier"):
        for action, resources in _actions(prod, function).items():
            # What ends a subscription names no topic.
            if action.startswith("sns:") and action != "sns:Unsubscribe":
                assert all(
                    "anpr-bolo-*" in str(resource) or "TopicsAdmins" in str(resource) for resource in resources
                ), (function, action, resources)


def test_only_whoever_needs_it_reads_the_key_of_the_webhooks_secrets(prod: Template) -> None:
    key, _ = _named(prod, "AWS::SecretsManager::Secret", "WebhookKey")
    readers = {
        name.split("Role")[0]
        for name, statement in prod.statements()
        if statement["Action"] == "secretsmanager:GetSecretValue" and key in str(statement["Resource"])
    }
    # Capture encrypts the addresses of cameras' streams with it.
    assert readers == {"Alerts", "Capture", "WebhookSender", "Setup"}
