"""Deploying a cloud assembly into the emulator by boto3: what the CDK's command line would do, without it.

It uploads the assets, creates or updates the stack and reads its outputs. The emulator does not take the API's CORS
settings from CloudFormation, so they are set afterwards.
"""

import json
import tempfile
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

from infra.local.emulator import ACCESS_KEY, ACCOUNT, REGION, AccessKey
from infra.local.translation import for_emulator
from infra.packaging import zip_folder

_STACK_TIMEOUT_S: Final = 120
_POLL_S: Final = 0.2
_TEMPLATE: Final = ".template.json"
_DONE: Final = ("CREATE_COMPLETE", "UPDATE_COMPLETE")


class DeployError(RuntimeError):
    """The emulator refused the stack; the text is its reason."""


class EmulatedCloud:
    """Clients for one emulator."""

    def __init__(self, endpoint: str) -> None:
        self.endpoint = endpoint
        # The same as every program that is started gets; the type checker knows only the services it has stubs of.
        self._session: Any = boto3.Session(
            aws_access_key_id=ACCESS_KEY, aws_secret_access_key=ACCESS_KEY, region_name=REGION
        )

    def client(self, service: str, *, read_timeout_s: int = 60) -> Any:
        """Make a client of one service."""
        config = Config(
            connect_timeout=5,
            read_timeout=read_timeout_s,
            retries={"max_attempts": 1},
            signature_version="s3v4" if service == "s3" else None,
            s3={"addressing_style": "path"},
        )
        return self._session.client(service, endpoint_url=self.endpoint, config=config)

    def deploy(self, assembly: Path, stack: str) -> dict[str, str]:
        """Upload a stack's assets, create or update it, and wait.

        Args:
            assembly: the cloud assembly's folder.
            stack: the stack's name.

        Returns:
            The stack's outputs.

        Raises:
            DeployError: the stack failed.
        """
        # The template checks that the account was bootstrapped for the CDK.
        self.client("ssm").put_parameter(
            Name="/cdk-bootstrap/hnb659fds/version", Value="30", Type="String", Overwrite=True
        )
        uploaded = self._upload_assets(assembly, json.loads((assembly / f"{stack}.assets.json").read_text()))
        template = assembly / f"{stack}{_TEMPLATE}"
        # By reference: it is larger than a request may be.
        self._apply(stack, uploaded[template.name])
        described = self.client("cloudformation").describe_stacks(StackName=stack)["Stacks"][0]
        outputs = {output["OutputKey"]: output["OutputValue"] for output in described["Outputs"]}
        self._allow_browsers(json.loads(template.read_text()), outputs)
        return outputs

    def put_secret(self, name: str, value: Mapping[str, object]) -> None:
        """Give a secret a value, making it where there is none."""
        secrets = self.client("secretsmanager")
        text = json.dumps(value)
        try:
            secrets.create_secret(Name=name, SecretString=text)
        except secrets.exceptions.ResourceExistsException:
            secrets.put_secret_value(SecretId=name, SecretString=text)

    def get_secret(self, name: str) -> dict[str, Any]:
        """Read a secret."""
        value: dict[str, Any] = json.loads(
            self.client("secretsmanager").get_secret_value(SecretId=name)["SecretString"]
        )
        return value

    def make_user(self, name: str, *policy_arns: str) -> AccessKey:
        """Make a user who may do what some managed policies allow, or find it; its earlier keys end.

        Returns:
            A new key of the user's.
        """
        iam = self.client("iam")
        with suppress(iam.exceptions.EntityAlreadyExistsException):
            iam.create_user(UserName=name)
        for policy_arn in policy_arns:
            iam.attach_user_policy(UserName=name, PolicyArn=policy_arn)
        for key in iam.list_access_keys(UserName=name)["AccessKeyMetadata"]:
            iam.delete_access_key(UserName=name, AccessKeyId=key["AccessKeyId"])
        made = iam.create_access_key(UserName=name)["AccessKey"]
        return AccessKey(made["AccessKeyId"], made["SecretAccessKey"])

    def route(self, api_id: str, paths: Sequence[str], url: str) -> None:
        """Have an HTTP API hand on some paths to a server, as it is; done again, to wherever it is then."""
        gateway = self.client("apigatewayv2")
        found = {item["RouteKey"]: item for item in gateway.get_routes(ApiId=api_id)["Items"]}
        told = {"ApiId": api_id, "IntegrationUri": url, "IntegrationMethod": "ANY"}
        for path in paths:
            key = f"ANY {path}"
            if key in found:
                before = found[key]["Target"].rpartition("/")[2]
                gateway.update_integration(**told, IntegrationId=before)
                continue
            made = gateway.create_integration(**told, IntegrationType="HTTP_PROXY", PayloadFormatVersion="1.0")
            gateway.create_route(ApiId=api_id, RouteKey=key, Target=f"integrations/{made['IntegrationId']}")

    def function_names(self) -> dict[str, str]:
        """The functions' names, by their handlers' dotted paths."""
        pages = self.client("lambda").get_paginator("list_functions").paginate()
        return {found["Handler"]: found["FunctionName"] for page in pages for found in page["Functions"]}

    def invoke(self, function: str, event: Mapping[str, object] | None = None) -> dict[str, Any]:
        """Run a function and return what it returns.

        Args:
            function: its name.
            event: what it is called with.

        Raises:
            DeployError: it raised an exception.
        """
        answer = self.client("lambda", read_timeout_s=120).invoke(
            FunctionName=function, Payload=json.dumps(event or {})
        )
        payload: dict[str, Any] = json.loads(answer["Payload"].read())
        if "FunctionError" in answer:
            trace = "".join(payload.get("stackTrace", []))
            raise DeployError(f"{function} failed: {payload.get('errorType')}: {payload.get('errorMessage')}\n{trace}")
        return payload

    def _upload_assets(self, assembly: Path, manifest: Mapping[str, Any]) -> dict[str, str]:
        s3 = self.client("s3")
        bucket = f"cdk-hnb659fds-assets-{ACCOUNT}-{REGION}"
        # It is there where a stack was deployed into this emulator before.
        with suppress(s3.exceptions.BucketAlreadyOwnedByYou):
            s3.create_bucket(Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": REGION})
        urls = {}
        for asset in manifest["files"].values():
            source = assembly / asset["source"]["path"]
            body = _zipped(source) if asset["source"]["packaging"] == "zip" else _content(source)
            for destination in asset["destinations"].values():
                s3.put_object(Bucket=bucket, Key=destination["objectKey"], Body=body)
                urls[source.name] = f"{self.endpoint}/{bucket}/{destination['objectKey']}"
        return urls

    def _apply(self, stack: str, template_url: str) -> None:
        formation = self.client("cloudformation")
        parameters = {"StackName": stack, "TemplateURL": template_url, "Capabilities": ["CAPABILITY_NAMED_IAM"]}
        try:
            formation.create_stack(**parameters)
        except formation.exceptions.AlreadyExistsException:
            try:
                formation.update_stack(**parameters)
            except ClientError as error:
                if "No updates are to be performed" in str(error):
                    return
                raise
        deadline = time.monotonic() + _STACK_TIMEOUT_S
        while time.monotonic() < deadline:
            state = formation.describe_stacks(StackName=stack)["Stacks"][0]["StackStatus"]
            if state in _DONE:
                return
            if not state.endswith("_IN_PROGRESS"):
                raise DeployError(f"The stack {stack} ended as {state}: {self._reasons(stack)}")
            time.sleep(_POLL_S)
        raise DeployError(f"The stack {stack} was not ready after {_STACK_TIMEOUT_S} s")

    def _reasons(self, stack: str) -> str:
        events = self.client("cloudformation").describe_stack_events(StackName=stack)["StackEvents"]
        failed = [event for event in events if event["ResourceStatus"].endswith("FAILED")]
        return "; ".join(f"{event['LogicalResourceId']}: {event.get('ResourceStatusReason', '?')}" for event in failed)

    def _allow_browsers(self, template: Mapping[str, Any], outputs: Mapping[str, str]) -> None:
        apis = [part for part in template["Resources"].values() if part["Type"] == "AWS::ApiGatewayV2::Api"]
        if apis and (cors := apis[0]["Properties"].get("CorsConfiguration")):
            self.client("apigatewayv2").update_api(ApiId=outputs["ApiId"], CorsConfiguration=cors)


def _content(file: Path) -> bytes:
    if not file.name.endswith(_TEMPLATE):
        return file.read_bytes()
    return json.dumps(for_emulator(json.loads(file.read_text()))).encode()


def _zipped(folder: Path) -> bytes:
    with tempfile.TemporaryDirectory() as scratch:
        target = Path(scratch) / "asset.zip"
        zip_folder(folder, target)
        return target.read_bytes()
