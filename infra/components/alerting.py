"""Telling of hits: from the bus by a queue to people, and by another queue to webhooks."""

import json
from typing import Final

from aws_cdk import aws_iam, aws_lambda
from constructs import Construct

from anpr.messages import CROPS_PREFIX, FRAMES_PREFIX
from anpr.rules import CONSUMERS
from infra.components.backend_function import FunctionSpec
from infra.components.backend_parts import BackendParts
from infra.components.work_queue import WorkQueue

_TIMEOUT_S: Final = 60
_POST_TIMEOUT_S: Final = 40
"""More than one request may take (30 s), less than its sender has."""

_EVIDENCE: Final = (CROPS_PREFIX, FRAMES_PREFIX)


class Alerting(Construct):
    """Two queues, the two functions behind them, and the one that makes their requests.

    Attributes:
        hits: what is to be told of.
        webhooks: deliveries that are due.
        functions: the three, by name.
        variables: what a function that puts webhooks on their queue, and keeps their secrets, must know.
    """

    def __init__(self, scope: Construct, id_: str, *, parts: BackendParts) -> None:
        super().__init__(scope, id_)
        self._parts = parts
        self.hits = WorkQueue(self, "Hits", visibility_s=2 * _TIMEOUT_S)
        self.webhooks = WorkQueue(self, "Webhooks", visibility_s=2 * _TIMEOUT_S)
        self._queue = {"ANPR_WEBHOOK_QUEUE_URL": self.webhooks.queue.queue_url}
        self._targets = {"ANPR_WEBHOOK_ALLOW_NETWORKS": json.dumps(parts.environment.webhook_networks)}
        self.variables = {
            **self._queue,
            **parts.topics.variables,
            "ANPR_WEBHOOK_KEY_SECRET_ID": parts.secrets.webhook_key_id,
            **self._targets,
        }
        poster = self._poster()
        self.functions = {
            "BoloNotifier": self._notifier(),
            "WebhookSender": self._sender(poster),
            "WebhookPoster": poster,
        }

    def grant_manage(self, function: aws_lambda.Function) -> None:
        """Allow what the API does: topics and their subscriptions, webhooks' secrets, test messages, verdicts."""
        self._parts.topics.grant(
            function,
            "sns:CreateTopic",
            "sns:SetTopicAttributes",
            "sns:DeleteTopic",
            "sns:Subscribe",
            names="bolo-",
        )
        self._parts.topics.grant_unsubscribe(function)
        self._parts.secrets.grant_read_webhook_key(function)
        self.webhooks.grant_send(function)
        # A verdict on a hit is news: it is published right after it was committed.
        self._parts.bus.grant_publish(function)
        # What signs a link must be allowed to read what it leads to.
        self._parts.footage.grant_objects(function, "s3:GetObject", prefixes=_EVIDENCE)

    def _notifier(self) -> aws_lambda.Function:
        spec = FunctionSpec(
            handler="functions.bolo_notifier.handler.handler",
            purpose="Tells people and machines of hits on wanted plates.",
            timeout_s=_TIMEOUT_S,
            variables={**self._parts.bucket, **self._parts.topics.variables, **self._queue},
        )
        function = self._parts.function("BoloNotifier", spec).function
        self._parts.topics.grant(function, "sns:Publish", names="bolo-")
        # Of those whose maker may not see all cameras any more.
        self._parts.topics.grant_unsubscribe(function)
        self._parts.topics.grant_tell_admins(function)
        self.webhooks.grant_send(function)
        self._parts.bus.queue_up("HitsRule", self.hits.queue, *CONSUMERS["bolo_notifier"].on)
        self.hits.feed(function, at_once=10)
        return function

    def _poster(self) -> aws_lambda.Function:
        """What talks to strangers may do nothing else; it is outside the network, where the internet is."""
        spec = FunctionSpec(
            handler="functions.webhook_poster.handler.handler",
            purpose="Makes the requests that webhooks are.",
            timeout_s=_POST_TIMEOUT_S,
            memory_mb=512,
            variables=self._targets,
        )
        return self._parts.free_function("WebhookPoster", spec).function

    def _sender(self, poster: aws_lambda.Function) -> aws_lambda.Function:
        spec = FunctionSpec(
            handler="functions.webhook_sender.handler.handler",
            purpose="Sends webhooks, again and again until they arrive.",
            timeout_s=_TIMEOUT_S,
            variables={
                **self._parts.bucket,
                **self._parts.events,
                **self._queue,
                "ANPR_WEBHOOK_KEY_SECRET_ID": self._parts.secrets.webhook_key_id,
                "ANPR_POSTER_FUNCTION": poster.function_name,
            },
        )
        function = self._parts.function("WebhookSender", spec).function
        aws_iam.Grant.add_to_principal(
            grantee=function, actions=["lambda:InvokeFunction"], resource_arns=[poster.function_arn]
        )
        self._parts.secrets.grant_read_webhook_key(function)
        self.webhooks.grant_send(function)
        self._parts.bus.grant_publish(function)
        self._parts.footage.grant_objects(function, "s3:GetObject", prefixes=_EVIDENCE)
        # One message a call: a receiver that is slow must not keep the others waiting.
        self.webhooks.feed(function, at_once=1)
        return function
