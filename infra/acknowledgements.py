"""Departures from cdk-nag's AwsSolutions rules, each with its reason, beside the construct that it is granted to."""

from aws_cdk import Acknowledgment, Validations
from constructs import IConstruct


def acknowledge(scope: IConstruct, rule: str, reason: str) -> None:
    """Record why a construct, and all below it, departs from a rule.

    Args:
        scope: the narrowest construct that the reason holds for.
        rule: the rule's identifier, with the finding in brackets where it has several: `IAM5[Resource::*]`.
        reason: a sentence for the auditor.
    """
    Validations.of(scope).acknowledge(Acknowledgment(id=f"AwsSolutions-{rule}", reason=reason))
