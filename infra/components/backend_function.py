"""One Lambda function of the backend, and the code that all of them share."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, TypedDict

from aws_cdk import Aws, Duration, IgnoreMode, RemovalPolicy, aws_ec2, aws_iam, aws_lambda, aws_logs
from constructs import Construct

from infra.acknowledgements import acknowledge
from infra.environments import Environment
from infra.packaging import Bundles

LOG_RETENTION: Final = {
    7: aws_logs.RetentionDays.ONE_WEEK,
    30: aws_logs.RetentionDays.ONE_MONTH,
    365: aws_logs.RetentionDays.ONE_YEAR,
}
"""What CloudWatch calls an environment's `log_days`."""
_LITTER: Final = ("**/__pycache__", "**/.*")


@dataclass(frozen=True, slots=True)
class Placement:
    """A network that functions run in.

    Attributes:
        vpc: the network.
        subnets: of the network.
        security_group: what the functions may call.
    """

    vpc: aws_ec2.IVpc
    subnets: aws_ec2.SubnetSelection
    security_group: aws_ec2.ISecurityGroup


class Network(TypedDict, total=False):
    """The arguments of a function that say where it runs."""

    vpc: aws_ec2.IVpc
    vpc_subnets: aws_ec2.SubnetSelection
    security_groups: list[aws_ec2.ISecurityGroup]
    ipv6_allowed_for_dual_stack: bool


@dataclass(frozen=True, slots=True)
class FunctionSpec:
    """What one function is.

    Attributes:
        handler: dotted path of the handler, from the repository's root.
        purpose: one sentence for whoever reads the console.
        timeout_s: seconds; an HTTP API waits 30 at most.
        memory_mb: the processor's share grows with it: 1769 MB are one core.
        variables: environment variables beyond those that every function has.
        placement: the network it runs in; where none is given, Lambda's own, from where the internet is reached.
        called_by_people: whether somebody waits for each answer, so that a start should be quick.
        with_console: whether its code has the web console's files beside it.
    """

    handler: str
    purpose: str
    timeout_s: int = 29
    memory_mb: int = 1024
    variables: Mapping[str, str] = field(default_factory=dict)
    placement: Placement | None = None
    called_by_people: bool = False
    with_console: bool = False


class BackendCode(Construct):
    """The layers and the functions' own code.

    Attributes:
        layers: shared domain package and third-party packages.
        code: the package `functions`.
        console: the same with the web console's files, which the other functions need not unpack.
        runtime: Python's version on AWS.
        architecture: the processors that the layers were built for.
    """

    def __init__(self, scope: Construct, id_: str, *, bundles: Bundles, environment: Environment) -> None:
        super().__init__(scope, id_)
        self.runtime = aws_lambda.Runtime.PYTHON_3_13
        self.architecture = aws_lambda.Architecture.ARM_64
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
                ("Core", aws_lambda.Code.from_asset(str(bundles.core), exclude=list(_LITTER)), "The package anpr"),
            )
        ]
        functions = ("!functions", "!functions/**")
        served = ("index.html", "icon.svg", "app", "app/**", "vendor", "vendor/**")
        self.code = _code(bundles, *functions)
        self.console = _code(bundles, *functions, "!console", "console/*", *(f"!console/{name}" for name in served))


def _code(bundles: Bundles, *names: str) -> aws_lambda.Code:
    """What is named of the repository, and nothing else of it.

    Args:
        bundles: where the repository is.
        names: in the order of a `.gitignore`: a folder is let in before what is in it.
    """
    return aws_lambda.Code.from_asset(
        str(bundles.functions), exclude=["*", *names, *_LITTER], ignore_mode=IgnoreMode.GIT
    )


class BackendFunction(Construct):
    """A function with a role that may write its own log and nothing else, until it is granted more.

    Attributes:
        function: the function; grant to it.
        live: what is called of it: its newest published version, or the function itself where none are published.
    """

    def __init__(
        self, scope: Construct, id_: str, *, code: BackendCode, environment: Environment, spec: FunctionSpec
    ) -> None:
        super().__init__(scope, id_)
        log = aws_logs.LogGroup(
            self, "Log", retention=LOG_RETENTION[environment.log_days], removal_policy=RemovalPolicy.DESTROY
        )
        role = aws_iam.Role(self, "Role", assumed_by=aws_iam.ServicePrincipal("lambda.amazonaws.com"))
        log.grant_write(role)
        if environment.tracing:
            acknowledge(role, "IAM5[Resource::*]", "X-Ray's PutTraceSegments knows no narrower resource.")
        if spec.placement is not None:
            grant_network_interfaces(role)
        snapshots = environment.snap_start and spec.called_by_people
        self.function = aws_lambda.Function(
            self,
            "Function",
            runtime=code.runtime,
            architecture=code.architecture,
            code=code.console if spec.with_console else code.code,
            layers=code.layers,
            handler=spec.handler,
            description=spec.purpose,
            role=role,
            log_group=log,
            timeout=Duration.seconds(spec.timeout_s),
            memory_size=spec.memory_mb,
            snap_start=aws_lambda.SnapStartConf.ON_PUBLISHED_VERSIONS if snapshots else None,
            tracing=aws_lambda.Tracing.ACTIVE if environment.tracing else aws_lambda.Tracing.DISABLED,
            environment={
                "POWERTOOLS_SERVICE_NAME": id_.lower(),
                "POWERTOOLS_LOG_LEVEL": environment.log_level,
                "POWERTOOLS_METRICS_NAMESPACE": "anpr",
                "POWERTOOLS_TRACE_DISABLED": str(not environment.tracing).lower(),
                **spec.variables,
            },
            **placed(spec.placement),
        )
        acknowledge(self.function, "L1", "Python 3.13 is what the dependencies layer is built for; both move together.")
        self.live: aws_lambda.IFunction = self.function
        if snapshots:
            # Only published versions have snapshots.
            self.live = aws_lambda.Alias(self, "Live", alias_name="live", version=self.function.current_version)


def placed(placement: Placement | None) -> Network:
    """The arguments that put a function into a network; none where there is none."""
    if placement is None:
        return {}
    return {
        "vpc": placement.vpc,
        "vpc_subnets": placement.subnets,
        "security_groups": [placement.security_group],
        # Without NAT, IPv6 is the way to AWS.
        "ipv6_allowed_for_dual_stack": True,
    }


def grant_network_interfaces(role: aws_iam.Role) -> None:
    """Allow Lambda to connect the function to its network, and the function's own code to do nothing of the kind."""
    actions = [
        "ec2:CreateNetworkInterface",
        "ec2:DescribeNetworkInterfaces",
        "ec2:DescribeSubnets",
        "ec2:DeleteNetworkInterface",
        "ec2:AssignPrivateIpAddresses",
        "ec2:UnassignPrivateIpAddresses",
    ]
    role.add_to_policy(aws_iam.PolicyStatement(actions=actions, resources=["*"]))
    role.add_to_policy(
        aws_iam.PolicyStatement(
            effect=aws_iam.Effect.DENY,
            actions=actions,
            resources=["*"],
            # Only what the code itself asks for is asked in a function's name.
            conditions={"ArnLike": {"lambda:SourceFunctionArn": f"arn:{Aws.PARTITION}:lambda:*:*:function:*"}},
        )
    )
    acknowledge(role, "IAM5[Resource::*]", "Lambda makes network interfaces, which have no name beforehand.")
