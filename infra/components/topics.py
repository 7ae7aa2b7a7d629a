"""The notification topics, which the backend itself makes as they are needed."""

from typing import Final, cast

from aws_cdk import ArnFormat, Stack, aws_iam, aws_kms, aws_sns
from aws_cdk.aws_sns_subscriptions import EmailSubscription
from constructs import Construct, IConstruct

from infra.acknowledgements import acknowledge
from infra.environments import Environment

TOPIC_PREFIX: Final = "anpr-"
"""What the names of all our topics begin with; each environment has an account of its own."""


class Topics(Construct):
    """Topics by name: all but one are not in the template, so what is granted of them is a prefix of names.

    Attributes:
        admins: what administrators must know; the one topic that is there from the beginning.
        variables: what a function that uses topics must know.
    """

    def __init__(self, scope: Construct, id_: str, *, environment: Environment) -> None:
        super().__init__(scope, id_)
        self.admins = aws_sns.Topic(
            self,
            "Admins",
            display_name="ANPR administrators",
            enforce_ssl=True,
            master_key=aws_kms.Alias.from_alias_name(self, "Key", "alias/aws/sns"),
        )
        # Its owner must follow a link in the first e-mail, so that is sent when the backend is deployed.
        self.admins.add_subscription(EmailSubscription(environment.admin_email))
        self.variables = {"ANPR_ALERT_TOPIC_PREFIX": TOPIC_PREFIX, "ANPR_ALERT_NOTICES_TOPIC": self.admins.topic_arn}

    def grant_tell_admins(self, grantee: aws_iam.IGrantable) -> None:
        """Allow telling the administrators something."""
        aws_iam.Grant.add_to_principal(grantee=grantee, actions=["sns:Publish"], resource_arns=[self.admins.topic_arn])

    def grant_unsubscribe(self, grantee: aws_iam.IGrantable) -> None:
        """Allow ending subscriptions, whose identifiers are secrets in effect: only who made one knows it."""
        aws_iam.Grant.add_to_principal(grantee=grantee, actions=["sns:Unsubscribe"], resource_arns=["*"])
        acknowledge(
            # A role, which is a construct too.
            cast("IConstruct", grantee.grant_principal),
            "IAM5[Resource::*]",
            "IAM knows no resource for sns:Unsubscribe, so a narrower one would allow nothing. The role may not list "
            "subscriptions, so it can only end those whose random identifier the database holds.",
        )

    def grant(self, grantee: aws_iam.IGrantable, *actions: str, names: str) -> None:
        """Allow actions on the topics whose names begin with `names`, after the common prefix."""
        stack = Stack.of(self)
        resource = stack.format_arn(
            service="sns", resource=f"{TOPIC_PREFIX}{names}*", arn_format=ArnFormat.NO_RESOURCE_NAME
        )
        aws_iam.Grant.add_to_principal(grantee=grantee, actions=list(actions), resource_arns=[resource])
        acknowledge(
            stack,
            f"IAM5[Resource::arn:<AWS::Partition>:sns:<AWS::Region>:<AWS::AccountId>:{TOPIC_PREFIX}{names}*]",
            "Topics are named by the id of a list or an account, not known beforehand; the prefix is the limit.",
        )
