"""The public HTTP API: which function serves which part of the paths."""

import json
from collections.abc import Mapping, Sequence
from typing import Final, cast

from aws_cdk import Duration, RemovalPolicy, aws_apigatewayv2, aws_certificatemanager, aws_lambda, aws_logs
from aws_cdk.aws_apigatewayv2_integrations import HttpLambdaIntegration
from constructs import Construct

from infra.acknowledgements import acknowledge
from infra.components.backend_function import LOG_RETENTION
from infra.environments import Environment

_SLOW_SEGMENT: Final = "auth"
"""Passwords are hashed by a function that is meant to be slow, so these paths have a limit of their own."""

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
    """An HTTP API that hands each request to a function by the path's first segment; what is for none, to one of them.

    The functions check the caller themselves: who may call what depends on the role in the database, and the same code
    serves where there is no API Gateway. What else stands in front of them, and why no web application firewall does:
    docs/decisions/0003-edge.md.

    Attributes:
        api: the API.
        stage: its only stage, `$default`.
        url: where clients find it.
        alias_target: what the domain's CNAME record must point to; None without a domain of its own.
    """

    def __init__(
        self,
        scope: Construct,
        id_: str,
        *,
        environment: Environment,
        routes: Mapping[str, tuple[aws_lambda.IFunction, Sequence[str]]],
        elsewhere: aws_lambda.IFunction,
    ) -> None:
        """Make the API.

        Args:
            scope: parent construct.
            id_: name below the parent.
            environment: the deployment's decisions.
            routes: by the function's name, the function and the first path segments, or whole paths, that it serves.
            elsewhere: answers for all other paths: that there is nothing, as every error is told, and readable for a
                page of another origin. The gateway's own answer would be neither.
        """
        super().__init__(scope, id_)
        domain = self._domain(environment)
        self.api = aws_apigatewayv2.HttpApi(
            self,
            "Api",
            api_name=f"anpr-{environment.name}",
            create_default_stage=False,
            cors_preflight=_cors(environment),
            default_integration=HttpLambdaIntegration("Elsewhere", elsewhere, scope_permission_to_route=False),
            # One way in: what is said of the domain's traffic is then true of all traffic.
            disable_execute_api_endpoint=True if domain else None,
        )
        self.url = self.api.api_endpoint if domain is None else f"https://{environment.domain_name}"
        self.alias_target = None if domain is None else domain.regional_domain_name
        slow: list[aws_apigatewayv2.HttpRoute] = []
        for name, (function, segments) in routes.items():
            # One permission for the function rather than one a route.
            integration = HttpLambdaIntegration(f"{name}Integration", function, scope_permission_to_route=False)
            for segment in segments:
                for path in _paths(segment):
                    made = self.api.add_routes(path=path, integration=integration)
                    slow += made if segment == _SLOW_SEGMENT else []
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
            throttle=aws_apigatewayv2.ThrottleSettings(
                rate_limit=environment.requests_per_s, burst_limit=2 * environment.requests_per_s
            ),
            domain_mapping=None if domain is None else aws_apigatewayv2.DomainMappingOptions(domain_name=domain),
        )
        self._limit(slow, environment.logins_per_s)
        self._log_access(environment)

    def _domain(self, environment: Environment) -> aws_apigatewayv2.DomainName | None:
        if environment.domain_name is None:
            return None
        if environment.certificate_arn is None:
            raise ValueError(f"the domain {environment.domain_name} needs the ARN of its certificate")
        return aws_apigatewayv2.DomainName(
            self,
            "Domain",
            domain_name=environment.domain_name,
            certificate=aws_certificatemanager.Certificate.from_certificate_arn(
                self, "Certificate", environment.certificate_arn
            ),
            security_policy=aws_apigatewayv2.SecurityPolicy.TLS_1_2,
        )

    def _limit(self, routes: Sequence[aws_apigatewayv2.HttpRoute], per_s: int) -> None:
        resource = cast("aws_apigatewayv2.CfnStage", self.stage.node.default_child)
        resource.route_settings = {
            _key(route): {"ThrottlingRateLimit": per_s, "ThrottlingBurstLimit": 2 * per_s} for route in routes
        }
        # A stage that names a route must not be made before it.
        self.stage.node.add_dependency(*routes)

    def _log_access(self, environment: Environment) -> None:
        log = aws_logs.LogGroup(
            self,
            "AccessLog",
            retention=LOG_RETENTION[environment.log_days],
            removal_policy=RemovalPolicy.DESTROY,
        )
        resource = cast("aws_apigatewayv2.CfnStage", self.stage.node.default_child)
        resource.access_log_settings = aws_apigatewayv2.CfnStage.AccessLogSettingsProperty(
            destination_arn=log.log_group_arn, format=json.dumps(_LOG_FIELDS)
        )


def _paths(segment: str) -> tuple[str, ...]:
    """The paths of a first segment: itself and all below it. What begins with a slash is a path as it is."""
    return (segment,) if segment.startswith("/") else (f"/{segment}", f"/{segment}/{{proxy+}}")


def _key(route: aws_apigatewayv2.HttpRoute) -> str:
    return cast("aws_apigatewayv2.CfnRoute", route.node.default_child).route_key


def _cors(environment: Environment) -> aws_apigatewayv2.CorsPreflightOptions | None:
    if not environment.browser_origins:
        return None
    return aws_apigatewayv2.CorsPreflightOptions(
        allow_origins=list(environment.browser_origins),
        allow_methods=[aws_apigatewayv2.CorsHttpMethod.ANY],
        allow_headers=["authorization", "content-type", "idempotency-key", "x-api-key"],
        expose_headers=["x-request-id", "retry-after", "license-warning"],
        max_age=Duration.hours(1),
    )
