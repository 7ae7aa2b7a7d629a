"""The bucket of the audit log's anchors, which nobody overwrites or deletes."""

from typing import TypedDict, cast

from aws_cdk import CfnElement, Duration, RemovalPolicy, Stack, aws_iam, aws_s3
from constructs import Construct

from anpr.messages import ANCHORS_PREFIX
from infra.acknowledgements import acknowledge
from infra.environments import Environment


class AnchorBucket(Construct):
    """A bucket that is written to once a key, and read.

    Where the environment asks for it, what is stored is locked for some days: nobody deletes it before they are over,
    neither the account's owner nor AWS's support, and the bucket cannot be removed.

    Attributes:
        bucket: the bucket.
        variables: what a function that uses it must know.
    """

    def __init__(self, scope: Construct, id_: str, *, environment: Environment, access_logs: aws_s3.IBucket) -> None:
        super().__init__(scope, id_)
        self.bucket = aws_s3.Bucket(
            self,
            "Anchors",
            encryption=aws_s3.BucketEncryption.S3_MANAGED,
            enforce_ssl=True,
            minimum_tls_version=1.2,
            block_public_access=aws_s3.BlockPublicAccess.BLOCK_ALL,
            server_access_logs_bucket=access_logs,
            server_access_logs_prefix="anchors/",
            versioned=True,
            removal_policy=RemovalPolicy.RETAIN if environment.keep_data else RemovalPolicy.DESTROY,
            **_lock(environment.anchor_lock_days),
        )
        if not environment.emulated:
            # The emulator does not know the condition, and would refuse every anchor.
            self._refuse_overwriting()
        self.variables = {"ANPR_ANCHOR_BUCKET": self.bucket.bucket_name}

    def grant_read(self, grantee: aws_iam.IGrantable) -> None:
        """Allow reading what was ever stored."""
        self._grant_objects(grantee, "s3:GetObject", "s3:GetObjectVersion")
        aws_iam.Grant.add_to_principal(
            grantee=grantee,
            actions=["s3:ListBucket", "s3:ListBucketVersions"],
            resource_arns=[self.bucket.bucket_arn],
        )

    def grant_add(self, grantee: aws_iam.IGrantable) -> None:
        """Allow storing more."""
        self._grant_objects(grantee, "s3:PutObject")

    def _grant_objects(self, grantee: aws_iam.IGrantable, *actions: str) -> None:
        aws_iam.Grant.add_to_principal(
            grantee=grantee,
            actions=list(actions),
            resource_arns=[self.bucket.arn_for_objects(f"{ANCHORS_PREFIX}*")],
        )
        stack = Stack.of(self)
        bucket = stack.get_logical_id(cast("CfnElement", self.bucket.node.default_child))
        acknowledge(
            stack, f"IAM5[Resource::<{bucket}.Arn>/{ANCHORS_PREFIX}*]", "Anchors are numbered; the prefix is the limit."
        )

    def _refuse_overwriting(self) -> None:
        """Refuse to whomever it may be what would hide an anchor: S3 takes what says that it must be the first."""
        objects = [self.bucket.arn_for_objects("*")]
        self.bucket.add_to_resource_policy(
            aws_iam.PolicyStatement(
                effect=aws_iam.Effect.DENY,
                principals=[aws_iam.AnyPrincipal()],
                actions=["s3:PutObject"],
                resources=objects,
                conditions={"Null": {"s3:if-none-match": "true"}},
            )
        )
        self.bucket.add_to_resource_policy(
            aws_iam.PolicyStatement(
                effect=aws_iam.Effect.DENY,
                principals=[aws_iam.AnyPrincipal()],
                actions=["s3:DeleteObject", "s3:DeleteObjectVersion", "s3:BypassGovernanceRetention"],
                resources=objects,
            )
        )


class _Lock(TypedDict, total=False):
    """The arguments of a bucket that say how long its objects are locked."""

    object_lock_enabled: bool
    object_lock_default_retention: aws_s3.ObjectLockRetention


def _lock(days: int) -> _Lock:
    if days == 0:
        return {}
    return {
        "object_lock_enabled": True,
        "object_lock_default_retention": aws_s3.ObjectLockRetention.compliance(Duration.days(days)),
    }
