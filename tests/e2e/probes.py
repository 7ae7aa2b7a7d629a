"""A harmless call for each permission in the tables, and calls that no role may make.

A call that is let through changes nothing that anybody looks at: it names what is not there, or the service that it was
let through to refuses it as malformed.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from botocore.exceptions import ClientError

from infra.local.emulator import ACCOUNT, REGION

Clients = Callable[[str], Any]

_REFUSED: Final = frozenset({"AccessDenied", "AccessDeniedException", "AuthorizationError", "UnauthorizedOperation"})
TOPICS: Final = ("bolo", "account", "other")
OPENED: Final = "probe"
"""Topics of these kinds and this name are there, opened as the backend opens its own: SNS by default lets all in."""

_WRONG_MD5: Final = "AAAAAAAAAAAAAAAAAAAAAA=="
_NO_VERSION: Final = "probe"
_MISSING: Final = "probe/of-nothing"


@dataclass(frozen=True, slots=True)
class Names:
    """What the deployed stack's parts are called.

    Attributes:
        buckets: name by the bucket's name in the tables.
        queues: address by the queue's name in the tables.
        secrets: identifier by the secret's name in the tables.
        topics: what the addresses of all topics begin with.
        admins: address of the administrators' topic.
        bus: the event bus.
        functions: name by the function's name in the tables.
        logs: of each function, likewise.
        role: address of some function's role.
    """

    buckets: Mapping[str, str]
    queues: Mapping[str, str]
    secrets: Mapping[str, str]
    topics: str
    admins: str
    bus: str
    functions: Mapping[str, str]
    logs: Mapping[str, str]
    role: str


Probe = Callable[[Clients, Names], object]


def refused(probe: Probe, clients: Clients, names: Names) -> bool:
    """Whether a call is refused for want of permission; any other answer means that it was let through."""
    try:
        probe(clients, names)
    except ClientError as error:
        return error.response["Error"]["Code"] in _REFUSED
    return False


def _objects(name: str, prefix: str) -> dict[str, Probe]:
    """Calls for the objects below a prefix of a bucket, by the bucket's name in the tables."""
    key, what = f"{prefix}/{_MISSING}", f"{name}/{prefix}/*"
    return {
        f"s3:GetObject {what}": lambda to, at: to("s3").get_object(Bucket=at.buckets[name], Key=key),
        f"s3:GetObjectVersion {what}": lambda to, at: to("s3").get_object(
            Bucket=at.buckets[name], Key=key, VersionId=_NO_VERSION
        ),
        f"s3:DeleteObjectVersion {what}": lambda to, at: to("s3").delete_object(
            Bucket=at.buckets[name], Key=key, VersionId=_NO_VERSION
        ),
        f"s3:PutObject {what}": lambda to, at: to("s3").put_object(
            Bucket=at.buckets[name], Key=key, Body=b"probe", ContentMD5=_WRONG_MD5
        ),
        f"s3:DeleteObject {what}": lambda to, at: to("s3").delete_object(Bucket=at.buckets[name], Key=key),
        f"s3:AbortMultipartUpload {what}": lambda to, at: to("s3").abort_multipart_upload(
            Bucket=at.buckets[name], Key=key, UploadId="probe"
        ),
        f"s3:ListMultipartUploadParts {what}": lambda to, at: to("s3").list_parts(
            Bucket=at.buckets[name], Key=key, UploadId="probe"
        ),
    }


def _bucket(name: str) -> dict[str, Probe]:
    return {
        f"s3:ListBucket {name}": lambda to, at: to("s3").list_objects_v2(Bucket=at.buckets[name], MaxKeys=1),
        f"s3:ListBucketVersions {name}": lambda to, at: to("s3").list_object_versions(
            Bucket=at.buckets[name], MaxKeys=1
        ),
    }


def _queue(name: str) -> dict[str, Probe]:
    return {
        f"sqs:SendMessage {name}": lambda to, at: to("sqs").send_message(QueueUrl=at.queues[name], MessageBody=""),
        f"sqs:ReceiveMessage {name}": lambda to, at: to("sqs").receive_message(
            QueueUrl=at.queues[name], MaxNumberOfMessages=0
        ),
        f"sqs:DeleteMessage {name}": lambda to, at: to("sqs").delete_message(
            QueueUrl=at.queues[name], ReceiptHandle="probe"
        ),
        f"sqs:ChangeMessageVisibility {name}": lambda to, at: to("sqs").change_message_visibility(
            QueueUrl=at.queues[name], ReceiptHandle="probe", VisibilityTimeout=1
        ),
        f"sqs:GetQueueAttributes {name}": lambda to, at: to("sqs").get_queue_attributes(
            QueueUrl=at.queues[name], AttributeNames=["QueueArn"]
        ),
        f"sqs:GetQueueUrl {name}": lambda to, at: to("sqs").get_queue_url(QueueName=at.queues[name].rpartition("/")[2]),
        f"sqs:PurgeQueue {name}": lambda to, at: to("sqs").purge_queue(QueueUrl=at.queues[name]),
    }


def _secret(name: str) -> dict[str, Probe]:
    return {
        f"secretsmanager:GetSecretValue {name}": lambda to, at: to("secretsmanager").get_secret_value(
            SecretId=at.secrets[name]
        ),
        # Under a label of its own, so that the value in force stays.
        f"secretsmanager:PutSecretValue {name}": lambda to, at: to("secretsmanager").put_secret_value(
            SecretId=at.secrets[name], SecretString="{}", VersionStages=["PROBE"]
        ),
    }


def _topics(kind: str) -> dict[str, Probe]:
    name = f"anpr-{kind}-"
    return {
        f"sns:CreateTopic topic {name}*": lambda to, _: to("sns").create_topic(Name=f"{name}{OPENED}"),
        f"sns:DeleteTopic topic {name}*": lambda to, at: to("sns").delete_topic(TopicArn=f"{at.topics}{name}nothing"),
        f"sns:SetTopicAttributes topic {name}*": lambda to, at: to("sns").set_topic_attributes(
            TopicArn=f"{at.topics}{name}{OPENED}", AttributeName="DisplayName", AttributeValue="probe"
        ),
        f"sns:Subscribe topic {name}*": lambda to, at: to("sns").subscribe(
            TopicArn=f"{at.topics}{name}{OPENED}", Protocol="email", Endpoint="probe@example.com"
        ),
        f"sns:Publish topic {name}*": lambda to, at: to("sns").publish(
            TopicArn=f"{at.topics}{name}{OPENED}", Message="probe"
        ),
    }


def probes(names: Names) -> dict[str, Probe]:
    """All calls whose permission is of one part of the backend, by "action what" as in the tables."""
    made: dict[str, Probe] = {
        # Of a source that no rule is for.
        "events:PutEvents Bus": lambda to, at: to("events").put_events(
            Entries=[{"EventBusName": at.bus, "Source": "probe", "DetailType": "probe", "Detail": "{}"}]
        ),
        "events:DescribeEventBus Bus": lambda to, at: to("events").describe_event_bus(Name=at.bus),
        # Without a request in it, the function makes none.
        "lambda:InvokeFunction WebhookPosterFunction": lambda to, at: to("lambda").invoke(
            FunctionName=at.functions["WebhookPoster"], Payload=b"{}"
        ),
        "sns:Publish TopicsAdmins": lambda to, at: to("sns").publish(TopicArn=at.admins, Message=""),
        "sns:Unsubscribe *": lambda to, at: to("sns").unsubscribe(
            SubscriptionArn=f"{at.topics}anpr-bolo-of-nothing:00000000-0000-0000-0000-000000000000"
        ),
    }
    for bucket in names.buckets:
        made |= _bucket(bucket)
        for prefix in ("uploads", "crops", "frames", "exports", "anchors", "elsewhere"):
            made |= _objects(bucket, prefix)
    for queue in names.queues:
        made |= _queue(queue)
    for secret in names.secrets:
        made |= _secret(secret)
    for kind in TOPICS:
        made |= _topics(kind)
    return made


FORBIDDEN: Final[dict[str, Probe]] = {
    "read and change roles": lambda to, at: to("iam").attach_role_policy(
        RoleName=at.role.rpartition("/")[2], PolicyArn="arn:aws:iam::aws:policy/AdministratorAccess"
    ),
    "make keys": lambda to, _: to("iam").create_access_key(UserName="anpr-local-worker"),
    "list roles": lambda to, _: to("iam").list_roles(),
    "take another role": lambda to, at: to("sts").assume_role(RoleArn=at.role, RoleSessionName="probe"),
    "list buckets": lambda to, _: to("s3").list_buckets(),
    "open the bucket": lambda to, at: to("s3").put_bucket_policy(Bucket=at.buckets["Footage"], Policy="{}"),
    "read the bucket's policy": lambda to, at: to("s3").get_bucket_policy(Bucket=at.buckets["Footage"]),
    "unlock the anchors": lambda to, at: to("s3").put_object_lock_configuration(
        Bucket=at.buckets["AuditAnchors"], ObjectLockConfiguration={"ObjectLockEnabled": "Enabled"}
    ),
    "redirect the bucket's notices": lambda to, at: to("s3").put_bucket_notification_configuration(
        Bucket=at.buckets["Footage"],
        NotificationConfiguration={"QueueConfigurations": [{"QueueArn": "arn:probe", "Events": []}]},
    ),
    "read another bucket": lambda to, _: to("s3").get_object(
        Bucket=f"cdk-hnb659fds-assets-{ACCOUNT}-{REGION}", Key=_MISSING
    ),
    "list secrets": lambda to, _: to("secretsmanager").list_secrets(),
    "delete a secret": lambda to, at: to("secretsmanager").delete_secret(SecretId=f"{at.secrets['Admin']}-of-nothing"),
    "list functions": lambda to, _: to("lambda").list_functions(),
    "read a function's variables": lambda to, at: to("lambda").get_function_configuration(
        FunctionName=at.functions["Setup"]
    ),
    "run the set-up": lambda to, at: to("lambda").invoke(FunctionName=at.functions["Setup"], Payload=b"{}"),
    "change a function": lambda to, at: to("lambda").update_function_code(
        FunctionName=at.functions["Setup"], S3Bucket="probe", S3Key=_MISSING
    ),
    "list queues": lambda to, _: to("sqs").list_queues(),
    "delete a queue": lambda to, at: to("sqs").delete_queue(QueueUrl=f"{at.queues['Jobs']}-of-nothing"),
    "list topics": lambda to, _: to("sns").list_topics(),
    "change the bus's rules": lambda to, at: to("events").put_rule(
        Name="probe", EventBusName=at.bus, EventPattern="malformed"
    ),
    "read logs": lambda to, at: to("logs").filter_log_events(logGroupName=at.logs["Setup"]),
    "delete logs": lambda to, _: to("logs").delete_log_group(logGroupName=_MISSING),
    "read parameters": lambda to, _: to("ssm").get_parameter(Name=_MISSING),
    "look at the stack": lambda to, _: to("cloudformation").describe_stacks(),
    "use another database": lambda to, _: to("dynamodb").list_tables(),
    "look at machines": lambda to, _: to("ec2").describe_instances(),
    "look at keys": lambda to, _: to("kms").list_keys(),
}
"""Calls that nobody may make, whoever they are."""
