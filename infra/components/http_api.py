"""The public HTTP API: which function serves which part of the paths."""

import json
from collections.abc import Mapping, Sequence
from typing import Final, cast

from aws_cdk import Duration, RemovalPolicy, aws_apigatewayv2, aws_lambda, aws_logs
from aws_cdk.aws_apigatewayv2_integrations import HttpLambdaIntegration
from constructs import Construct

from infra.acknowledgements import acknowledge
from infra.environments import Environment

_LOG_FIELDS: Final = {
    "requestId": "$context.requestId",
    "time": "$context.requestTime",
    "ip": "$context.identity.sourceIp",
    "method": "$context.httpMethod",
    "path": "$context.path",
    "status": "$context.status",
    "latencyMs": "$context.responseLatency",
    "integrationError": "$context.integrationErrorMessage",
}


class HttpApi(Construct):
    """An HTTP API that hands each request to a function by the path's first segment.

    The functions check the caller themselves: who may call what depends on the role in the database, and the same code
    serves where there is no API Gateway.

    Attributes:
        api: the API.
        stage: its only stage, `$default`.
    """

    def __init__(
        self,
        scope: Construct,
        id_: str,
        *,
        environment: Environment,
        routes: Mapping[str, tuple[aws_lambda.IFunction, Sequence[str]]],
    ) -> None:
        """Make the API.

        Args:
            scope: parent construct.
            id_: name below the parent.
            environment: the deployment's decisions.
            routes: by the function's name, the function and the first path segments that it serves.
        """
        super().__init__(scope, id_)
        self.api = aws_apigatewayv2.HttpApi(
            self,
            "Api",
            api_name=f"anpr-{environment.name}",
            create_default_stage=False,
            cors_preflight=_cors(environment),
        )
        for name, (function, segments) in routes.items():
            # One permission for the function rather than one a route.
            integration = HttpLambdaIntegration(f"{name}Integration", function, scope_permission_to_route=False)
            for segment in segments:
                for path in (f"/{segment}", f"/{segment}/{{proxy+}}"):
                    self.api.add_routes(path=path, integration=integration)
        acknowledge(
            self.api,
            "APIG4",
            "The functions check the token themselves: what it allows depends on the role in the database, and the "
            "same code serves where there is no API Gateway. A test walks every route with every role.",
        )
        self.stage = aws_apigatewayv2.HttpStage(
            self,
            "Stage",
            http_api=self.api,
            stage_name="$default",
            auto_deploy=True,
            throttle=aws_apigatewayv2.ThrottleSettings(rate_limit=200, burst_limit=400),
        )
        log = aws_logs.LogGroup(
            self, "AccessLog", retention=aws_logs.RetentionDays.ONE_MONTH, removal_policy=RemovalPolicy.DESTROY
        )
        resource = cast("aws_apigatewayv2.CfnStage", self.stage.node.default_child)
        resource.access_log_settings = aws_apigatewayv2.CfnStage.AccessLogSettingsProperty(
            destination_arn=log.log_group_arn, format=json.dumps(_LOG_FIELDS)
        )


def _cors(environment: Environment) -> aws_apigatewayv2.CorsPreflightOptions | None:
    if not environment.browser_origins:
        return None
    return aws_apigatewayv2.CorsPreflightOptions(
        allow_origins=list(environment.browser_origins),
        allow_methods=[aws_apigatewayv2.CorsHttpMethod.ANY],
        allow_headers=["authorization", "content-type", "idempotency-key"],
        expose_headers=["x-request-id", "retry-after"],
        max_age=Duration.hours(1),
    )
