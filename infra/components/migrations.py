"""The set-up as a part of each deployment."""

from collections.abc import Iterable
from typing import cast

from aws_cdk import CfnResource, CustomResource, Duration, aws_lambda
from constructs import Construct

from infra.components.backend_function import BackendCode
from infra.components.background_functions import SET_UP_TIMEOUT_S


class Migrations(Construct):
    """A resource that is made, or changed, by running the set-up function; where that fails, so does the deployment."""

    def __init__(self, scope: Construct, id_: str, *, setup: aws_lambda.Function, code: BackendCode) -> None:
        super().__init__(scope, id_)
        self._resource = CustomResource(
            self,
            "Run",
            resource_type="Custom::DatabaseSetUp",
            service_token=setup.function_arn,
            # Other code, another layer: that is when there may be something to migrate.
            properties={"Layers": [layer.layer_version_arn for layer in code.layers]},
            # For how long CloudFormation waits for a function that dies without an answer.
            service_timeout=Duration.seconds(SET_UP_TIMEOUT_S),
        )

    def come_before(self, functions: Iterable[aws_lambda.Function]) -> None:
        """Have functions be made, and get new code, only once the database is ready for it."""
        for function in functions:
            made = cast("CfnResource", function.node.default_child)
            made.node.add_dependency(self._resource)
