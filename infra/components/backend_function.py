"""One Lambda function of the backend, and the code that all of them share."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from aws_cdk import Duration, IgnoreMode, RemovalPolicy, aws_iam, aws_lambda, aws_logs
from constructs import Construct

from infra.acknowledgements import acknowledge
from infra.environments import Environment
from infra.packaging import Bundles

_RETENTION: Final = {
    7: aws_logs.RetentionDays.ONE_WEEK,
    30: aws_logs.RetentionDays.ONE_MONTH,
    365: aws_logs.RetentionDays.ONE_YEAR,
}


@dataclass(frozen=True, slots=True)
class FunctionSpec:
    """What one function is.

    Attributes:
        handler: dotted path of the handler, from the repository's root.
        purpose: one sentence for whoever reads the console.
        timeout_s: seconds; an HTTP API waits 30 at most.
        memory_mb: the processor's share grows with it: 1769 MB are one core.
        variables: environment variables beyond those that every function has.
    """

    handler: str
    purpose: str
    timeout_s: int = 29
    memory_mb: int = 1024
    variables: Mapping[str, str] = field(default_factory=dict)


class BackendCode(Construct):
    """The layers and the functions' own code.

    Attributes:
        layers: shared domain package and third-party packages.
        code: the package `functions`.
        runtime: Python's version on AWS.
        architecture: the processors that the layers were built for.
    """

    def __init__(self, scope: Construct, id_: str, *, bundles: Bundles, environment: Environment) -> None:
        super().__init__(scope, id_)
        self.runtime = aws_lambda.Runtime.PYTHON_3_13
        self.architecture = aws_lambda.Architecture.ARM_64
        litter = ["**/__pycache__", "**/.*"]
        self.layers: list[aws_lambda.ILayerVersion] = [
            aws_lambda.LayerVersion(
                self,
                name,
                code=code,
                description=description,
                compatible_runtimes=[self.runtime],
                compatible_architectures=[self.architecture],
                removal_policy=RemovalPolicy.RETAIN if environment.keep_data else RemovalPolicy.DESTROY,
            )
            for name, code, description in (
                ("Dependencies", aws_lambda.Code.from_asset(str(bundles.dependencies)), "Third-party packages"),
                ("Core", aws_lambda.Code.from_asset(str(bundles.core), exclude=litter), "The package anpr"),
            )
        ]
        self.code = aws_lambda.Code.from_asset(
            str(bundles.functions),
            exclude=["*", "!functions", "!functions/**", *litter],
            ignore_mode=IgnoreMode.GIT,
        )


class BackendFunction(Construct):
    """A function with a role that may write its own log and nothing else, until it is granted more.

    Attributes:
        function: the function; grant to it.
    """

    def __init__(
        self, scope: Construct, id_: str, *, code: BackendCode, environment: Environment, spec: FunctionSpec
    ) -> None:
        super().__init__(scope, id_)
        log = aws_logs.LogGroup(
            self, "Log", retention=_RETENTION[environment.log_days], removal_policy=RemovalPolicy.DESTROY
        )
        role = aws_iam.Role(self, "Role", assumed_by=aws_iam.ServicePrincipal("lambda.amazonaws.com"))
        log.grant_write(role)
        if environment.tracing:
            acknowledge(role, "IAM5[Resource::*]", "X-Ray's PutTraceSegments knows no narrower resource.")
        self.function = aws_lambda.Function(
            self,
            "Function",
            runtime=code.runtime,
            architecture=code.architecture,
            code=code.code,
            layers=code.layers,
            handler=spec.handler,
            description=spec.purpose,
            role=role,
            log_group=log,
            timeout=Duration.seconds(spec.timeout_s),
            memory_size=spec.memory_mb,
            tracing=aws_lambda.Tracing.ACTIVE if environment.tracing else aws_lambda.Tracing.DISABLED,
            environment={
                "POWERTOOLS_SERVICE_NAME": id_.lower(),
                "POWERTOOLS_LOG_LEVEL": environment.log_level,
                "POWERTOOLS_METRICS_NAMESPACE": "anpr",
                "POWERTOOLS_TRACE_DISABLED": str(not environment.tracing).lower(),
                **spec.variables,
            },
        )
        acknowledge(self.function, "L1", "Python 3.13 is what the dependencies layer is built for; both move together.")
