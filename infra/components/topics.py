"""The notification topics, which the backend itself makes as they are needed."""

from typing import Final

from aws_cdk import ArnFormat, Stack, aws_iam
from constructs import Construct

from infra.acknowledgements import acknowledge

TOPIC_PREFIX: Final = "anpr-"
"""What the names of all our topics begin with; each environment has an account of its own."""


class Topics(Construct):
    """Topics by name: there is none in the template, so what is granted is a prefix of names.

    Attributes:
        variables: what a function that uses topics must know.
    """

    def __init__(self, scope: Construct, id_: str) -> None:
        super().__init__(scope, id_)
        self.variables = {"ANPR_ALERT_TOPIC_PREFIX": TOPIC_PREFIX}

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
