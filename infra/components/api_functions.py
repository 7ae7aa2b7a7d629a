"""The API's functions: one for each group of routes, each with a role of its own."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Final

from aws_cdk import aws_lambda

from anpr.messages import CROPS_PREFIX, EXPORTS_PREFIX, FRAMES_PREFIX, UPLOADS_PREFIX
from infra.components.alerting import Alerting
from infra.components.backend_function import BackendFunction, FunctionSpec
from infra.components.backend_parts import BackendParts

_TABLE: Final = Path(__file__).parents[2] / "functions" / "api" / "access.json"
"""What the routes say of themselves, written by `python -m functions.api.openapi`."""
_EVIDENCE: Final = (CROPS_PREFIX, FRAMES_PREFIX)


class ApiFunctions:
    """The functions behind the HTTP API: five of the API itself, and one that serves the web console beside it.

    Attributes:
        functions: by name.
    """

    def __init__(self, parts: BackendParts, alerting: Alerting) -> None:
        self._parts = parts
        self._alerting = alerting
        self.functions = {
            "Identity": self._identity(),
            "Capture": self._capture(),
            "Review": self._review(),
            "Alerts": self._alerts(),
            "Governance": self._governance(),
            "Console": self._console(),
        }

    @property
    def routes(self) -> Mapping[str, tuple[aws_lambda.IFunction, Sequence[str]]]:
        """By name, what is called of each function, and the first path segments, or whole paths, that it serves."""
        # The root only leads to the console.
        segments = {**served_segments(), "console": ["console", "/"]}
        return {name: (function.live, segments[name.lower()]) for name, function in self.functions.items()}

    @property
    def elsewhere(self) -> aws_lambda.IFunction:
        """What is called for a path that no function serves: the one that is called most, and so awake."""
        return self.functions["Identity"].live

    def _made(self, name: str, spec: FunctionSpec) -> BackendFunction:
        return self._parts.function(name, replace(spec, called_by_people=True))

    def _identity(self) -> BackendFunction:
        spec = FunctionSpec(
            handler="functions.api.aws.identity.handler",
            purpose="API: logging in, and the people who may.",
            variables={
                **self._parts.licensing,
                "ANPR_SIGNING_SECRET_ID": self._parts.secrets.signing_key_id,
            },
        )
        made = self._made("Identity", spec)
        function = made.function
        self._parts.secrets.grant_read_signing_key(function)
        return made

    def _capture(self) -> BackendFunction:
        spec = FunctionSpec(
            handler="functions.api.aws.capture.handler",
            purpose="API: cameras, uploads and their jobs, other engines' reads.",
            variables={
                **self._parts.licensing,
                **self._parts.bucket,
                **self._parts.jobs,
                **self._parts.events,
                "ANPR_WEBHOOK_KEY_SECRET_ID": self._parts.secrets.webhook_key_id,
            },
        )
        made = self._made("Capture", spec)
        function = made.function
        # Streams' addresses are encrypted with it, too.
        self._parts.secrets.grant_read_webhook_key(function)
        # What signs an upload form must be allowed to do what the form allows.
        self._parts.footage.grant_objects(function, "s3:PutObject", prefixes=(UPLOADS_PREFIX, *_EVIDENCE))
        # To look at a file that is said to be complete; without the list, S3 calls a missing one forbidden.
        # And to hand out links to it, in the version that was read.
        self._parts.footage.grant_objects(function, "s3:GetObject", "s3:GetObjectVersion", prefixes=(UPLOADS_PREFIX,))
        self._parts.footage.grant_list(function)
        self._parts.detection.grant_send(function)
        # A read may be a hit, and whoever waits for it is told at once.
        self._parts.bus.grant_publish(function)
        return made

    def _review(self) -> BackendFunction:
        spec = FunctionSpec(
            handler="functions.api.aws.review.handler",
            purpose="API: the recorded passages, and what people say of them.",
            variables={**self._parts.licensing, **self._parts.bucket, **self._parts.events},
        )
        made = self._made("Review", spec)
        function = made.function
        # A verdict is news: it is published right after it was committed.
        self._parts.bus.grant_publish(function)
        # What signs a link must be allowed to read what it leads to.
        self._parts.footage.grant_objects(function, "s3:GetObject", prefixes=(*_EVIDENCE, EXPORTS_PREFIX))
        # An export that is withdrawn is gone when that is answered.
        self._parts.footage.grant_delete(function, prefixes=(EXPORTS_PREFIX,))
        return made

    def _alerts(self) -> BackendFunction:
        spec = FunctionSpec(
            handler="functions.api.aws.alerts.handler",
            purpose="API: wanted plates and webhooks, health and metrics.",
            # One core: an import of a hundred thousand rows must be over before the gateway gives up.
            memory_mb=1769,
            variables={
                **self._parts.licensing,
                **self._parts.bucket,
                **self._parts.jobs,
                **self._parts.events,
                **self._alerting.variables,
            },
        )
        made = self._made("Alerts", spec)
        function = made.function
        self._alerting.grant_manage(function)
        self._parts.footage.grant_list(function)
        self._parts.detection.grant_measure(function)
        self._parts.bus.grant_describe(function)
        return made

    def _governance(self) -> BackendFunction:
        spec = FunctionSpec(
            handler="functions.api.aws.governance.handler",
            purpose="API: licences, use, the audit log, legal holds and erasure.",
            variables={
                **self._parts.licensing,
                **self._parts.bucket,
                **self._parts.jobs,
                **self._parts.events,
                **self._parts.anchors.variables,
                # The page of administrators tells of it.
                **self._parts.retention,
            },
        )
        made = self._made("Governance", spec)
        function = made.function
        self._parts.anchors.grant_read(function)
        # What is kept of a vehicle is handed out by links, and erased.
        self._parts.footage.grant_objects(function, "s3:GetObject", prefixes=_EVIDENCE)
        self._parts.footage.grant_delete(function, prefixes=(UPLOADS_PREFIX, *_EVIDENCE, EXPORTS_PREFIX))
        self._parts.footage.grant_list(function)
        self._parts.detection.grant_measure(function)
        self._parts.detection.grant_measure_dead(function)
        self._parts.bus.grant_describe(function)
        return made

    def _console(self) -> BackendFunction:
        # The emulator's functions are told where its storage is; on AWS the bucket has a name of its own.
        bucket = self._parts.footage.bucket
        origin = (
            {}
            if self._parts.environment.emulated
            else {"ANPR_CONSOLE_MEDIA_ORIGIN": f"https://{bucket.bucket_regional_domain_name}"}
        )
        spec = FunctionSpec(
            handler="functions.console.handler.handler",
            purpose="The web console's files, for browsers; it reads no data.",
            memory_mb=512,
            variables=origin | self._parts.environment.map_variables,
            called_by_people=True,
            with_console=True,
        )
        return self._parts.free_function("Console", spec)


def served_segments() -> dict[str, list[str]]:
    """By the group's name, the first parts of the paths that it serves, in the order of its routes."""
    segments: dict[str, list[str]] = {}
    for route, row in json.loads(_TABLE.read_bytes()).items():
        segment = route.split("/")[1]
        of_group = segments.setdefault(row["group"], [])
        if segment not in of_group:
            of_group.append(segment)
    return segments
