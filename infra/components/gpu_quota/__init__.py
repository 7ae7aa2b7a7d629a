"""Whether the account may start machines with a GPU, asked before a service waits for them."""

from pathlib import Path
from typing import Final, cast

from aws_cdk import CfnResource, CustomResource, Duration, RemovalPolicy, aws_iam, aws_lambda, aws_logs
from constructs import Construct, IConstruct

from infra.acknowledgements import acknowledge

SPOT_QUOTA: Final = "L-3819A6DF"
ON_DEMAND_QUOTA: Final = "L-DB2E81BA"
"""EC2's codes of how many virtual processors of G and VT instances may run at the same time."""

LEAST_VCPUS: Final = 4
"""One machine of the smallest type, which is what each new service begins with."""

_TIMEOUT_S: Final = 60
_HANDLER: Final = Path(__file__).with_name("check.py")


class GpuQuota(Construct):
    """A resource that cannot be made where a quota is too small, and says which.

    A new account's quotas are zero. Without this, CloudFormation would wait three hours for workers that never start.
    """

    def __init__(self, scope: Construct, id_: str) -> None:
        super().__init__(scope, id_)
        log = aws_logs.LogGroup(
            self, "Log", retention=aws_logs.RetentionDays.ONE_MONTH, removal_policy=RemovalPolicy.DESTROY
        )
        role = aws_iam.Role(self, "Role", assumed_by=aws_iam.ServicePrincipal("lambda.amazonaws.com"))
        log.grant_write(role)
        role.add_to_policy(aws_iam.PolicyStatement(actions=["servicequotas:GetServiceQuota"], resources=["*"]))
        acknowledge(role, "IAM5[Resource::*]", "Reading a quota knows no narrower resource.")
        function = aws_lambda.Function(
            self,
            "Function",
            description="Tells a deployment whether machines with a GPU may be started.",
            runtime=aws_lambda.Runtime.PYTHON_3_13,
            # In the template itself: the worker stack has no other code for Lambda.
            code=aws_lambda.Code.from_inline(_HANDLER.read_text()),
            handler="index.handler",
            role=role,
            log_group=log,
            timeout=Duration.seconds(_TIMEOUT_S),
        )
        acknowledge(function, "L1", "Python 3.13, as all other functions.")
        self._resource = CustomResource(
            self,
            "Check",
            resource_type="Custom::GpuQuota",
            service_token=function.function_arn,
            properties={"Quotas": [SPOT_QUOTA, ON_DEMAND_QUOTA], "Least": str(LEAST_VCPUS)},
            service_timeout=Duration.seconds(_TIMEOUT_S),
        )

    def come_before(self, made: IConstruct) -> None:
        """Have something be made only where the quotas suffice."""
        cast("CfnResource", made.node.default_child).node.add_dependency(self._resource)
