"""The functions that nobody calls: run by the bus, by a schedule, by a deployment."""

from typing import Final

from anpr.messages import CROPS_PREFIX, EXPORTS_PREFIX, FRAMES_PREFIX, UPLOADS_PREFIX
from anpr.rules import CONSUMERS
from infra.components.backend_function import BackendFunction, FunctionSpec
from infra.components.backend_parts import BackendParts

SET_UP_TIMEOUT_S: Final = 900
"""The longest that Lambda grants."""

_EVIDENCE: Final = (CROPS_PREFIX, FRAMES_PREFIX)


def make_setup(parts: BackendParts) -> BackendFunction:
    """Make what brings a deployment up to date; it alone may alter the tables."""
    spec = FunctionSpec(
        handler="functions.setup.handler.handler",
        purpose="Migrates the database, makes the keys and the first administrator.",
        timeout_s=SET_UP_TIMEOUT_S,
        variables={
            # A migration may rewrite a large table; the server's own limit is lifted for it.
            "ANPR_DB_STATEMENT_TIMEOUT_S": str(SET_UP_TIMEOUT_S),
            "ANPR_SIGNING_SECRET_ID": parts.secrets.signing_key_id,
            "ANPR_ADMIN_SECRET_ID": parts.secrets.admin.secret_arn,
            "ANPR_WEBHOOK_KEY_SECRET_ID": parts.secrets.webhook_key_id,
            "ANPR_ANCHOR_KEY_SECRET_ID": parts.secrets.anchor_key_id,
        },
    )
    made = parts.owning_function("Setup", spec)
    function = made.function
    parts.secrets.grant_read_signing_key(function)
    parts.secrets.grant_write_signing_key(function)
    parts.secrets.grant_read_webhook_key(function)
    parts.secrets.grant_write_webhook_key(function)
    parts.secrets.grant_read_anchor_key(function)
    parts.secrets.grant_write_anchor_key(function)
    parts.secrets.grant_read_admin(function)
    return made


def make_outbox_relay(parts: BackendParts) -> BackendFunction:
    """Make what publishes the events that a crash left behind."""
    spec = FunctionSpec(
        handler="functions.outbox_relay.handler.handler",
        purpose="Publishes the events that a crash left in the outbox.",
        timeout_s=55,
        variables=parts.events,
    )
    made = parts.function("OutboxRelay", spec)
    parts.bus.grant_publish(made.function)
    return made


def make_export_builder(parts: BackendParts) -> BackendFunction:
    """Make what writes the archives of exports; the bus tells it which."""
    spec = FunctionSpec(
        handler="functions.export_builder.handler.handler",
        purpose="Writes the archives of exports, and deletes them when their time is over.",
        timeout_s=900,
        memory_mb=1769,
        variables={
            **parts.bucket,
            **parts.events,
            **parts.topics.variables,
            # To plan a large export is one statement.
            "ANPR_DB_STATEMENT_TIMEOUT_S": "300",
        },
    )
    made = parts.function("ExportBuilder", spec)
    function = made.function
    parts.footage.grant_objects(function, "s3:GetObject", prefixes=_EVIDENCE)
    parts.footage.grant_objects(
        function,
        "s3:GetObject",
        "s3:PutObject",
        "s3:AbortMultipartUpload",
        "s3:ListMultipartUploadParts",
        prefixes=(EXPORTS_PREFIX,),
    )
    parts.footage.grant_delete(function, prefixes=(EXPORTS_PREFIX,))
    # Without it, S3 says of a crop that is gone that it is forbidden.
    parts.footage.grant_list(function)
    parts.bus.grant_publish(function)
    parts.topics.grant(
        function, "sns:CreateTopic", "sns:SetTopicAttributes", "sns:Subscribe", "sns:Publish", names="account-"
    )
    parts.bus.deliver("Exports", function, *CONSUMERS["export_builder"].on)
    return made


def make_usage_meter(parts: BackendParts) -> BackendFunction:
    """Make what books the use of uploads; the bus tells it of each."""
    spec = FunctionSpec(
        handler="functions.usage_meter.handler.handler",
        purpose="Books what each upload used.",
        variables=parts.licensing,
    )
    made = parts.function("UsageMeter", spec)
    parts.bus.deliver("Usage", made.function, *CONSUMERS["usage_meter"].on)
    return made


def make_retention(parts: BackendParts) -> BackendFunction:
    """Make what deletes, and what moves uploads that stand still."""
    spec = FunctionSpec(
        handler="functions.retention.handler.handler",
        purpose="Moves or ends uploads that stand still, deletes what is past its time, anchors the audit log.",
        timeout_s=120,
        variables={
            **parts.licensing,
            **parts.bucket,
            **parts.jobs,
            **parts.anchors.variables,
            "ANPR_ANCHOR_KEY_SECRET_ID": parts.secrets.anchor_key_id,
            **parts.retention,
        },
    )
    made = parts.function("Retention", spec)
    function = made.function
    parts.footage.grant_objects(function, "s3:GetObject", prefixes=(UPLOADS_PREFIX,))
    parts.footage.grant_delete(function, prefixes=(UPLOADS_PREFIX, *_EVIDENCE, EXPORTS_PREFIX))
    parts.footage.grant_list(function)
    parts.detection.grant_send(function)
    parts.anchors.grant_read(function)
    parts.anchors.grant_add(function)
    parts.secrets.grant_read_anchor_key(function)
    return made
