"""Who may do what: the whole of each function's permissions, as the core stack's template grants them."""

import json
import re
from typing import Any, Final

import pytest

from tests.infra.conftest import Template, listed

# What every function may do, as "action what"; log actions are always on the function's own log.
_EVERY_FUNCTION: Final = {
    "logs:CreateLogStream",
    "logs:PutLogEvents",
    "secretsmanager:GetSecretValue anpr/database",
    "xray:PutTelemetryRecords *",
    "xray:PutTraceSegments *",
}
# What Lambda itself needs to take messages from a queue in a function's name.
_CONSUME: Final = ("ChangeMessageVisibility", "DeleteMessage", "GetQueueAttributes", "GetQueueUrl", "ReceiveMessage")
# What each may do beyond that. A new permission is written down here, so that a reviewer sees it.
_MAY: Final = {
    "Identity": {"secretsmanager:GetSecretValue SigningKey"},
    "Capture": {"s3:PutObject Footage/uploads/*", "sqs:SendMessage Jobs"},
    "Review": {
        "s3:GetObject Footage/crops/*",
        "s3:GetObject Footage/frames/*",
        "s3:GetObject Footage/exports/*",
        "events:PutEvents Bus",
    },
    "Alerts": {
        "s3:ListBucket Footage",
        "s3:GetObject Footage/crops/*",
        "s3:GetObject Footage/frames/*",
        "sqs:GetQueueAttributes Jobs",
        "sqs:SendMessage AlertingWebhooksQueue",
        "events:DescribeEventBus Bus",
        "events:PutEvents Bus",
        "secretsmanager:GetSecretValue WebhookKey",
        "sns:CreateTopic topic anpr-bolo-*",
        "sns:DeleteTopic topic anpr-bolo-*",
        "sns:SetTopicAttributes topic anpr-bolo-*",
        "sns:Subscribe topic anpr-bolo-*",
        "sns:Unsubscribe topic anpr-bolo-*",
    },
    "Governance": {
        "s3:GetObject Footage/crops/*",
        "s3:GetObject Footage/frames/*",
        "s3:DeleteObject Footage/uploads/*",
        "s3:DeleteObject Footage/crops/*",
        "s3:DeleteObject Footage/frames/*",
        "s3:ListBucket Footage",
        "sqs:GetQueueAttributes Jobs",
        "events:DescribeEventBus Bus",
    },
    "Setup": {
        "secretsmanager:GetSecretValue SigningKey",
        "secretsmanager:PutSecretValue SigningKey",
        "secretsmanager:GetSecretValue Admin",
        "secretsmanager:GetSecretValue WebhookKey",
        "secretsmanager:PutSecretValue WebhookKey",
    },
    "BoloNotifier": {
        *(f"sqs:{action} AlertingHitsQueue" for action in _CONSUME),
        "sqs:SendMessage AlertingWebhooksQueue",
        "sns:Publish TopicsAdmins",
        "sns:Publish topic anpr-bolo-*",
    },
    "WebhookSender": {
        *(f"sqs:{action} AlertingWebhooksQueue" for action in _CONSUME),
        "sqs:SendMessage AlertingWebhooksQueue",
        "s3:GetObject Footage/crops/*",
        "s3:GetObject Footage/frames/*",
        "secretsmanager:GetSecretValue WebhookKey",
        "events:PutEvents Bus",
    },
    "OutboxRelay": {"events:PutEvents Bus"},
    "ExportBuilder": {
        "s3:GetObject Footage/crops/*",
        "s3:GetObject Footage/frames/*",
        "s3:GetObject Footage/exports/*",
        "s3:PutObject Footage/exports/*",
        "s3:DeleteObject Footage/exports/*",
        "s3:AbortMultipartUpload Footage/exports/*",
        "s3:ListMultipartUploadParts Footage/exports/*",
        "s3:ListBucket Footage",
        "events:PutEvents Bus",
        "sns:CreateTopic topic anpr-account-*",
        "sns:SetTopicAttributes topic anpr-account-*",
        "sns:Subscribe topic anpr-account-*",
        "sns:Publish topic anpr-account-*",
    },
    "UsageMeter": set(),
    "Retention": {
        "s3:GetObject Footage/uploads/*",
        "s3:DeleteObject Footage/uploads/*",
        "s3:DeleteObject Footage/crops/*",
        "s3:DeleteObject Footage/frames/*",
        "s3:ListBucket Footage",
        "sqs:SendMessage Jobs",
    },
}
_WORKER_MAY: Final = {
    "secretsmanager:GetSecretValue anpr/database",
    "sqs:ReceiveMessage Jobs",
    "sqs:ChangeMessageVisibility Jobs",
    "sqs:DeleteMessage Jobs",
    "sqs:SendMessage Jobs",
    "s3:ListBucket Footage",
    "s3:GetObject Footage/uploads/*",
    "s3:PutObject Footage/crops/*",
    "s3:PutObject Footage/frames/*",
    "events:PutEvents Bus",
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


@pytest.mark.parametrize("function", _MAY)
def test_each_function_may_do_what_it_needs_and_no_more(prod: Template, function: str) -> None:
    assert granted(prod)[function] == _MAY[function] | _EVERY_FUNCTION


def test_the_worker_may_do_what_it_needs_and_no_more(prod: Template) -> None:
    assert granted(prod)["WorkerPolicy"] == _WORKER_MAY


def test_every_function_stands_in_the_table(prod: Template) -> None:
    assert granted(prod).keys() == _MAY.keys() | {"WorkerPolicy"}
    assert len(prod.of_type("AWS::Lambda::Function")) == len(_MAY)


def test_no_permission_is_for_all_actions(prod: Template) -> None:
    actions = [action for _, statement in prod.statements() for action in listed(statement["Action"])]

    assert [action for action in actions if "*" in action] == []
    assert {
        listed(role["AssumeRolePolicyDocument"]["Statement"])[0]["Principal"]["Service"] for role in roles(prod)
    } == {"lambda.amazonaws.com"}
    assert [role for role in roles(prod) if role.get("ManagedPolicyArns")] == []


def roles(template: Template) -> list[dict[str, Any]]:
    return list(template.of_type("AWS::IAM::Role").values())
