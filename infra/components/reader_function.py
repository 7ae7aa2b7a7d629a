"""The function that answers single pictures: the CPU worker's image, with the models in its memory."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from aws_cdk import Duration, RemovalPolicy, aws_apigatewayv2, aws_ecr_assets, aws_iam, aws_lambda, aws_logs
from aws_cdk.aws_apigatewayv2_integrations import HttpLambdaIntegration
from constructs import Construct

from infra.acknowledgements import acknowledge
from infra.components.backend_function import LOG_RETENTION, Placement, grant_network_interfaces, placed
from infra.components.worker_image import DOCKERFILE
from infra.environments import Environment
from infra.packaging import ROOT
from infra.worker_sizes import READER_MEMORY_MIB

PATHS: Final = ("/read", "/read/{proxy+}", "/v1", "/v1/{proxy+}")
_PYTHON: Final = "/opt/anpr/venv/bin/python"


@dataclass(frozen=True, slots=True)
class ReaderNeeds:
    """What the function needs of the rest.

    Attributes:
        api: where its paths are added.
        policy: what it may do.
        variables: the settings that it needs.
        placement: the network that leads to the database.
    """

    api: aws_apigatewayv2.IHttpApi
    policy: aws_iam.IManagedPolicy
    variables: Mapping[str, str]
    placement: Placement


class ReaderFunction(Construct):
    """A function from an image, and its paths in the HTTP API.

    It costs nothing while nobody asks. On x86: docs/cost.md says what arm64 would save, and what speaks against it.

    Attributes:
        function: what answers.
    """

    def __init__(self, scope: Construct, id_: str, *, needs: ReaderNeeds, environment: Environment) -> None:
        super().__init__(scope, id_)
        log = aws_logs.LogGroup(
            self, "Log", retention=LOG_RETENTION[environment.log_days], removal_policy=RemovalPolicy.DESTROY
        )
        role = aws_iam.Role(
            self,
            "Role",
            assumed_by=aws_iam.ServicePrincipal("lambda.amazonaws.com"),
            managed_policies=[needs.policy],
        )
        log.grant_write(role)
        if environment.tracing:
            acknowledge(role, "IAM5[Resource::*]", "X-Ray's PutTraceSegments knows no narrower resource.")
        grant_network_interfaces(role)
        self.function = aws_lambda.DockerImageFunction(
            self,
            "Function",
            code=_image(),
            architecture=aws_lambda.Architecture.X86_64,
            description="API: single pictures, answered at once.",
            role=role,
            log_group=log,
            timeout=Duration.seconds(29),
            memory_size=READER_MEMORY_MIB,
            tracing=aws_lambda.Tracing.ACTIVE if environment.tracing else aws_lambda.Tracing.DISABLED,
            environment={
                "POWERTOOLS_SERVICE_NAME": "reader",
                "POWERTOOLS_LOG_LEVEL": environment.log_level,
                "POWERTOOLS_METRICS_NAMESPACE": "anpr",
                "POWERTOOLS_TRACE_DISABLED": str(not environment.tracing).lower(),
                # The only folder that a function may write to.
                "HOME": "/tmp",  # noqa: S108 - nobody else is in a function's own machine
                "TMPDIR": "/tmp",  # noqa: S108
                "ANPR_IPV6": str(environment.way_out == "ipv6").lower(),
                **needs.variables,
            },
            **placed(needs.placement),
        )
        integration = HttpLambdaIntegration("Integration", self.function, scope_permission_to_route=False)
        for path in PATHS:
            route = aws_apigatewayv2.HttpRoute(
                self,
                f"Route{path}",
                http_api=needs.api,
                route_key=aws_apigatewayv2.HttpRouteKey.with_(path, aws_apigatewayv2.HttpMethod.ANY),
                integration=integration,
            )
            acknowledge(route, "APIG4", "The function checks the key itself, as the others do.")


def _image() -> aws_lambda.DockerImageCode:
    """The CPU worker's image, started by Lambda's runtime client instead."""
    return aws_lambda.DockerImageCode.from_image_asset(
        str(ROOT),
        file=DOCKERFILE,
        build_args={"KIND": "cpu"},
        platform=aws_ecr_assets.Platform.LINUX_AMD64,
        entrypoint=[_PYTHON, "-m", "awslambdaric"],
        cmd=["server.reader_function.handler"],
    )
