"""The bucket of footage and of the evidence cut from it."""

from typing import Final, cast

from aws_cdk import CfnElement, Duration, RemovalPolicy, Stack, aws_iam, aws_s3, aws_sqs
from constructs import Construct

from anpr.messages import CROPS_PREFIX, EXPORTS_PREFIX, FRAMES_PREFIX, UPLOADS_PREFIX
from infra.acknowledgements import acknowledge
from infra.environments import Environment

_BROWSER_METHODS: Final = [
    aws_s3.HttpMethods.GET,
    aws_s3.HttpMethods.HEAD,
    # A form says by which of the two its file is sent.
    aws_s3.HttpMethods.POST,
    aws_s3.HttpMethods.PUT,
]


class FootageBucket(Construct):
    """A private, encrypted bucket that tells a queue of each finished upload.

    It keeps versions, so that a file which was read cannot be replaced: what is posted over it is another version, and
    nobody reads that. What the backend deletes, it deletes in all versions, so retention and erasure are true of the
    bucket at once. Where the environment says so, an image that was overwritten, or that a person deleted, can be got
    back for some days.

    Attributes:
        bucket: the bucket.
        access_logs: the bucket with the record of who read what, kept for three months.
    """

    def __init__(self, scope: Construct, id_: str, *, environment: Environment, notify: aws_sqs.Queue) -> None:
        super().__init__(scope, id_)
        removal = RemovalPolicy.RETAIN if environment.keep_data else RemovalPolicy.DESTROY
        self.access_logs = aws_s3.Bucket(
            self,
            "AccessLogs",
            encryption=aws_s3.BucketEncryption.S3_MANAGED,
            enforce_ssl=True,
            minimum_tls_version=1.2,
            block_public_access=aws_s3.BlockPublicAccess.BLOCK_ALL,
            lifecycle_rules=[aws_s3.LifecycleRule(id="forget-logs", expiration=Duration.days(90))],
            removal_policy=removal,
        )
        self.bucket = aws_s3.Bucket(
            self,
            "Footage",
            encryption=aws_s3.BucketEncryption.S3_MANAGED,
            enforce_ssl=True,
            minimum_tls_version=1.2,
            block_public_access=aws_s3.BlockPublicAccess.BLOCK_ALL,
            server_access_logs_bucket=self.access_logs,
            versioned=True,
            lifecycle_rules=_lifecycle(environment.undelete_days),
            removal_policy=removal,
        )
        if environment.browser_origins:
            self.allow_pages_of(*environment.browser_origins)
        self._notify(notify)

    def allow_pages_of(self, *origins: str) -> None:
        """Let servers' pages, such as the console's, fetch what is here and send files here."""
        self.bucket.add_cors_rule(
            allowed_origins=list(origins), allowed_methods=_BROWSER_METHODS, allowed_headers=["*"], max_age=3600
        )

    def grant_objects(self, grantee: aws_iam.IGrantable, *actions: str, prefixes: tuple[str, ...]) -> None:
        """Allow actions on the objects below some prefixes, and on no other object."""
        aws_iam.Grant.add_to_principal(
            grantee=grantee,
            actions=list(actions),
            resource_arns=[self.bucket.arn_for_objects(f"{prefix}*") for prefix in prefixes],
        )
        stack = Stack.of(self)
        bucket = stack.get_logical_id(cast("CfnElement", self.bucket.node.default_child))
        for prefix in prefixes:
            acknowledge(
                stack,
                f"IAM5[Resource::<{bucket}.Arn>/{prefix}*]",
                "An upload's objects are named by its id, which is not known beforehand; the prefix is the limit.",
            )

    def grant_delete(self, grantee: aws_iam.IGrantable, *, prefixes: tuple[str, ...]) -> None:
        """Allow deleting the objects below some prefixes for good: all their versions, which have to be found first."""
        self.grant_objects(grantee, "s3:DeleteObject", "s3:DeleteObjectVersion", prefixes=prefixes)
        aws_iam.Grant.add_to_principal(
            grantee=grantee, actions=["s3:ListBucketVersions"], resource_arns=[self.bucket.bucket_arn]
        )

    def grant_list(self, grantee: aws_iam.IGrantable) -> None:
        """Allow listing; without it S3 says "forbidden" of an object that is not there, rather than "not found"."""
        aws_iam.Grant.add_to_principal(
            grantee=grantee, actions=["s3:ListBucket"], resource_arns=[self.bucket.bucket_arn]
        )

    def _notify(self, queue: aws_sqs.Queue) -> None:
        # The property of the bucket itself: the CDK's own way is a custom resource, a function that may change the
        # notifications of every bucket in the account.
        resource = cast("aws_s3.CfnBucket", self.bucket.node.default_child)
        resource.notification_configuration = aws_s3.CfnBucket.NotificationConfigurationProperty(
            queue_configurations=[
                aws_s3.CfnBucket.QueueConfigurationProperty(
                    event="s3:ObjectCreated:*",
                    queue=queue.queue_arn,
                    filter=aws_s3.CfnBucket.NotificationFilterProperty(
                        s3_key=aws_s3.CfnBucket.S3KeyFilterProperty(
                            rules=[aws_s3.CfnBucket.FilterRuleProperty(name="prefix", value=UPLOADS_PREFIX)]
                        )
                    ),
                )
            ]
        )
        # S3 sends a test message when the notification is made, so it must be allowed to by then.
        resource.node.add_dependency(queue.node.find_child("Policy"))


def _lifecycle(undelete_days: int) -> list[aws_s3.LifecycleRule]:
    """What the bucket forgets by itself.

    Footage and evidence that are in use have no rule: a rule knows of no legal hold. The retention function deletes
    them, by the days that the environment names, and the bucket the old versions that this leaves.
    """
    rules = [
        # The backend deletes an archive when its time is over; this is for one that it forgot.
        aws_s3.LifecycleRule(id="forget-exports", prefix=EXPORTS_PREFIX, expiration=Duration.days(30)),
        aws_s3.LifecycleRule(id="drop-unfinished", abort_incomplete_multipart_upload_after=Duration.days(1)),
    ]
    if undelete_days > 0:
        rules += [
            # Not below uploads/: the version that was read is not the latest for as long as another one lies over it.
            *(
                aws_s3.LifecycleRule(
                    id=f"forget-deleted-{prefix.rstrip('/')}",
                    prefix=prefix,
                    noncurrent_version_expiration=Duration.days(undelete_days),
                )
                for prefix in (CROPS_PREFIX, FRAMES_PREFIX, EXPORTS_PREFIX)
            ),
            # What is left of a deleted object when its last version is gone: a marker that would be listed for ever.
            aws_s3.LifecycleRule(id="drop-markers", expired_object_delete_marker=True),
        ]
    return rules
