"""Who may do what, as "action what": the template and the running backend are both compared with these tables."""

from typing import Final

# What every function may do, as "action what"; log actions are always on the function's own log.
EVERY_FUNCTION: Final = {
    "logs:CreateLogStream",
    "logs:PutLogEvents",
    "xray:PutTelemetryRecords *",
    "xray:PutTraceSegments *",
}
# What Lambda itself needs to take messages from a queue in a function's name.
_CONSUME: Final = ("ChangeMessageVisibility", "DeleteMessage", "GetQueueAttributes", "GetQueueUrl", "ReceiveMessage")
# What whatever uses the database may do, in the one-machine run; on AWS it logs in by IAM, without a secret.
USES_DATABASE: Final = "secretsmanager:GetSecretValue anpr/database"
WITHOUT_DATABASE: Final = frozenset({"Console", "WebhookPoster"})
_READS_ANCHORS: Final = (
    "s3:GetObject AuditAnchors/anchors/*",
    "s3:GetObjectVersion AuditAnchors/anchors/*",
    "s3:ListBucket AuditAnchors",
    "s3:ListBucketVersions AuditAnchors",
)
# What each may do beyond that. A new permission is written down here, so that a reviewer sees it.
_BEYOND: Final[dict[str, set[str]]] = {
    "Identity": {"secretsmanager:GetSecretValue SigningKey"},
    "Capture": {
        "s3:PutObject Footage/uploads/*",
        # Reads of other engines come with their pictures, and may be hits.
        "s3:PutObject Footage/crops/*",
        "s3:PutObject Footage/frames/*",
        "events:PutEvents Bus",
        "s3:GetObject Footage/uploads/*",
        # Footage is watched in the version that was read.
        "s3:GetObjectVersion Footage/uploads/*",
        "s3:ListBucket Footage",
        "sqs:SendMessage Jobs",
        "secretsmanager:GetSecretValue WebhookKey",
    },
    "Review": {
        "s3:DeleteObjectVersion Footage/exports/*",
        "s3:ListBucketVersions Footage",
        "s3:DeleteObject Footage/exports/*",
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
        "sns:Unsubscribe *",
    },
    "Governance": {
        "s3:DeleteObjectVersion Footage/uploads/*",
        "s3:DeleteObjectVersion Footage/crops/*",
        "s3:DeleteObjectVersion Footage/frames/*",
        "s3:DeleteObjectVersion Footage/exports/*",
        "s3:ListBucketVersions Footage",
        "s3:GetObject Footage/crops/*",
        "s3:GetObject Footage/frames/*",
        "s3:DeleteObject Footage/uploads/*",
        "s3:DeleteObject Footage/crops/*",
        "s3:DeleteObject Footage/frames/*",
        "s3:DeleteObject Footage/exports/*",
        "s3:ListBucket Footage",
        "sqs:GetQueueAttributes Jobs",
        "sqs:GetQueueAttributes DeadLetters",
        "events:DescribeEventBus Bus",
        *_READS_ANCHORS,
    },
    "Console": set(),
    "Setup": {
        "secretsmanager:GetSecretValue AnchorKey",
        "secretsmanager:PutSecretValue AnchorKey",
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
        "sns:Unsubscribe *",
    },
    "WebhookSender": {
        *(f"sqs:{action} AlertingWebhooksQueue" for action in _CONSUME),
        "sqs:SendMessage AlertingWebhooksQueue",
        "s3:GetObject Footage/crops/*",
        "s3:GetObject Footage/frames/*",
        "secretsmanager:GetSecretValue WebhookKey",
        "events:PutEvents Bus",
        "lambda:InvokeFunction WebhookPosterFunction",
    },
    # It talks to strangers, so there is nothing that it may do.
    "WebhookPoster": set(),
    "OutboxRelay": {"events:PutEvents Bus"},
    "ExportBuilder": {
        "s3:DeleteObjectVersion Footage/exports/*",
        "s3:ListBucketVersions Footage",
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
        "s3:DeleteObjectVersion Footage/uploads/*",
        "s3:DeleteObjectVersion Footage/crops/*",
        "s3:DeleteObjectVersion Footage/frames/*",
        "s3:DeleteObjectVersion Footage/exports/*",
        "s3:ListBucketVersions Footage",
        "s3:GetObject Footage/uploads/*",
        "s3:DeleteObject Footage/uploads/*",
        "s3:DeleteObject Footage/crops/*",
        "s3:DeleteObject Footage/frames/*",
        "s3:DeleteObject Footage/exports/*",
        "s3:ListBucket Footage",
        "sqs:SendMessage Jobs",
        *_READS_ANCHORS,
        # Nobody may delete one.
        "s3:PutObject AuditAnchors/anchors/*",
        "secretsmanager:GetSecretValue AnchorKey",
    },
}
MAY: Final = {
    name: rights if name in WITHOUT_DATABASE else {*rights, USES_DATABASE} for name, rights in _BEYOND.items()
}
# Only on AWS, where the database pauses.
STARTER_MAY: Final = {
    "cloudwatch:GetMetricStatistics *",
    "lambda:InvokeFunction OutboxRelayFunction",
    "lambda:InvokeFunction ExportBuilderFunction",
    "lambda:InvokeFunction RetentionFunction",
    # Once a day, what starts from a snapshot.
    *(
        f"lambda:InvokeFunction {name}Live"
        for name in ("Identity", "Capture", "Review", "Alerts", "Governance", "Console")
    ),
    "sqs:SendMessage AlertingWebhooksQueue",
}
WORKER_MAY: Final = {
    USES_DATABASE,
    "sqs:ReceiveMessage Jobs",
    "sqs:ChangeMessageVisibility Jobs",
    "sqs:DeleteMessage Jobs",
    "sqs:SendMessage Jobs",
    "s3:ListBucket Footage",
    "s3:GetObject Footage/uploads/*",
    "s3:GetObjectVersion Footage/uploads/*",
    "s3:PutObject Footage/crops/*",
    "s3:PutObject Footage/frames/*",
    "events:PutEvents Bus",
    "xray:PutTraceSegments *",
}
# What answers single pictures: nothing of what others sent can be read with it.
READER_MAY: Final = {
    USES_DATABASE,
    "s3:PutObject Footage/crops/*",
    "s3:PutObject Footage/frames/*",
    "events:PutEvents Bus",
}
