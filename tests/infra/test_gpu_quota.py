import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import boto3
import pytest
from botocore.stub import Stubber

from infra.components.gpu_quota import LEAST_VCPUS, ON_DEMAND_QUOTA, SPOT_QUOTA, check


class Cloudformation(HTTPServer):
    answers: list[dict[str, Any]]


class Answer(BaseHTTPRequestHandler):
    server: Cloudformation

    def do_PUT(self) -> None:
        self.server.answers.append(json.loads(self.rfile.read(int(self.headers["content-length"]))))
        self.send_response(200)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def cloudformation() -> Iterator[Cloudformation]:
    with Cloudformation(("127.0.0.1", 0), Answer) as server:
        server.answers = []
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server
        server.shutdown()


@pytest.fixture
def quotas(monkeypatch: pytest.MonkeyPatch) -> Iterator[Stubber]:
    client = boto3.client("service-quotas", region_name="eu-central-1")
    monkeypatch.setattr(boto3, "client", lambda *_args, **_named: client)
    with Stubber(client) as stubber:
        yield stubber


def has(quotas: Stubber, code: str, value: float) -> None:
    quota = {"QuotaCode": code, "QuotaName": f"Instances {code}", "Value": value}
    quotas.add_response("get_service_quota", {"Quota": quota}, {"ServiceCode": "ec2", "QuotaCode": code})


def ask(cloudformation: Cloudformation, kind: str = "Create") -> tuple[str, str]:
    event = {
        "RequestType": kind,
        "ResponseURL": f"http://127.0.0.1:{cloudformation.server_port}/answer",
        "StackId": "stack",
        "RequestId": "request",
        "LogicalResourceId": "Check",
        "ResourceProperties": {"Quotas": [SPOT_QUOTA, ON_DEMAND_QUOTA], "Least": str(LEAST_VCPUS)},
    }
    check.handler(event, None)
    (answer,) = cloudformation.answers
    assert (answer["StackId"], answer["RequestId"], answer["LogicalResourceId"]) == ("stack", "request", "Check")
    return answer["Status"], answer["Reason"]


def test_enough_is_enough(cloudformation: Cloudformation, quotas: Stubber) -> None:
    has(quotas, SPOT_QUOTA, 4.0)
    has(quotas, ON_DEMAND_QUOTA, 64.0)
    assert ask(cloudformation)[0] == "SUCCESS"
    quotas.assert_no_pending_responses()


def test_a_new_account_is_told_what_to_ask_for(cloudformation: Cloudformation, quotas: Stubber) -> None:
    has(quotas, SPOT_QUOTA, 0.0)
    has(quotas, ON_DEMAND_QUOTA, 8.0)
    status, reason = ask(cloudformation)
    assert status == "FAILED"
    assert f"Instances {SPOT_QUOTA} ({SPOT_QUOTA}) is 0, and 4 vCPUs are needed." in reason
    assert ON_DEMAND_QUOTA not in reason


def test_quotas_that_cannot_be_read_refuse_nothing(cloudformation: Cloudformation, quotas: Stubber) -> None:
    quotas.add_client_error("get_service_quota", "AccessDeniedException")
    assert ask(cloudformation)[0] == "SUCCESS"


def test_a_stack_can_always_be_removed(cloudformation: Cloudformation, quotas: Stubber) -> None:
    assert ask(cloudformation, "Delete")[0] == "SUCCESS"
    quotas.assert_no_pending_responses()
