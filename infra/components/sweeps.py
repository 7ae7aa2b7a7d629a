"""The sweeps: what runs every few minutes to make good what a crash left behind."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, cast

from aws_cdk import aws_iam, aws_lambda, aws_sqs
from constructs import Construct, IConstruct

from anpr.messages import WebhookSweep
from anpr.rules import CONSUMERS, SCHEDULE
from infra.acknowledgements import acknowledge
from infra.components.backend_function import FunctionSpec
from infra.components.backend_parts import BackendParts
from infra.components.schedule import Schedule, ScheduledMessage
from infra.components.work_queue import WorkQueue

EVERY_MINUTES: Final = {
    name.title().replace("_", ""): task.every_minutes
    for name, task in SCHEDULE.items()
    if name not in CONSUMERS or CONSUMERS[name].messages is None
}
"""By name, every how many minutes each function sweeps; whoever has a queue of its own is sent a message instead."""


@dataclass(frozen=True, slots=True)
class Swept:
    """What the sweeps act on, and what tells that they have anything to do.

    Attributes:
        functions: by name, those that sweep.
        webhooks: the queue of deliveries that are due.
        api_id: the API whose requests are activity.
        queues: whose messages are activity. Not that of webhooks, which the sweeps write to themselves.
        kept_alive: what starts from snapshots, which Lambda drops after two weeks without a call.
    """

    functions: Mapping[str, aws_lambda.Function]
    webhooks: WorkQueue
    api_id: str
    queues: Sequence[aws_sqs.IQueue]
    kept_alive: Sequence[aws_lambda.IFunction] = ()


class Sweeps(Construct):
    """On AWS, a function starts them that first looks whether anything has happened: the database may pause.

    In the one-machine run they just run.

    Attributes:
        starter: that function; None in the one-machine run.
    """

    def __init__(self, scope: Construct, id_: str, *, parts: BackendParts, swept: Swept) -> None:
        super().__init__(scope, id_)
        self.starter = None if parts.environment.emulated else self._starter(parts, swept)
        if self.starter is not None:
            Schedule(self, "Starter", minutes=1, function=self.starter)
            return
        for name, minutes in EVERY_MINUTES.items():
            Schedule(self, name, minutes=minutes, function=swept.functions[name])
        minutes = SCHEDULE["webhook_sender"].every_minutes
        ScheduledMessage(
            self, "Webhooks", minutes=minutes, queue=swept.webhooks.queue, message=WebhookSweep().model_dump()
        )

    def _starter(self, parts: BackendParts, swept: Swept) -> aws_lambda.Function:
        functions = {name: swept.functions[name] for name in EVERY_MINUTES}
        spec = FunctionSpec(
            handler="functions.sweep_starter.handler.handler",
            purpose="Starts the sweeps, unless the backend is idle.",
            timeout_s=50,
            memory_mb=256,
            variables={
                "ANPR_IDLE_API_ID": swept.api_id,
                "ANPR_IDLE_QUEUES": _json_of([queue.queue_name for queue in swept.queues]),
                "ANPR_IDLE_QUIET": f"PT{parts.environment.quiet_minutes}M",
                "ANPR_SWEEP_FUNCTIONS": _json_object_of(
                    {functions[name].function_name: minutes for name, minutes in EVERY_MINUTES.items()}
                ),
                "ANPR_SWEEP_KEPT_ALIVE": _json_of([function.function_arn for function in swept.kept_alive]),
                "ANPR_WEBHOOK_QUEUE_URL": swept.webhooks.queue.queue_url,
            },
        )
        starter = parts.free_function("SweepStarter", spec).function
        starter.add_to_role_policy(aws_iam.PolicyStatement(actions=["cloudwatch:GetMetricStatistics"], resources=["*"]))
        acknowledge(
            # Its role, which is a construct too, and where the policy is.
            cast("IConstruct", starter.grant_principal),
            "IAM5[Resource::*]",
            "CloudWatch knows no narrower resource for reading metrics.",
        )
        arns = [function.function_arn for function in (*functions.values(), *swept.kept_alive)]
        aws_iam.Grant.add_to_principal(grantee=starter, actions=["lambda:InvokeFunction"], resource_arns=arns)
        swept.webhooks.grant_send(starter)
        return starter


def _json_of(names: Sequence[str]) -> str:
    """A list as JSON, of names that are not known before the deployment; none needs escaping."""
    return "[" + ",".join(f'"{name}"' for name in names) + "]"


def _json_object_of(values: Mapping[str, int]) -> str:
    """An object as JSON, likewise."""
    return "{" + ",".join(f'"{name}":{json.dumps(value)}' for name, value in values.items()) + "}"
