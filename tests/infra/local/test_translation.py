"""What the emulator is told, compared with what AWS is."""

from typing import Any

import pytest

from infra.local.translation import for_emulator

_TLS: dict[str, Any] = {
    "Effect": "Deny",
    "Principal": "*",
    "Action": "sns:Publish",
    "Resource": "topic",
    "Condition": {"Bool": {"aws:SecureTransport": "false"}},
}


def template(*statements: dict[str, Any]) -> dict[str, Any]:
    return {
        "Resources": {
            "Policy": {"Type": "AWS::IAM::Policy", "Properties": {"PolicyDocument": {"Statement": list(statements)}}},
            "Bus": {"Type": "AWS::Events::EventBus"},
        }
    }


def statements(made: dict[str, Any]) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = made["Resources"]["Policy"]["Properties"]["PolicyDocument"]["Statement"]
    return found


def test_plain_http_is_still_refused_to_all_but_the_loopback_interface() -> None:
    [statement] = statements(for_emulator(template(_TLS)))

    assert statement["Effect"] == "Deny"
    assert statement["Condition"] == {
        "Bool": {"aws:SecureTransport": "false"},
        "NotIpAddress": {"aws:SourceIp": ["127.0.0.0/8", "::1/128"]},
    }


@pytest.mark.parametrize("action", ["events:DescribeEventBus", ["events:PutEvents", "events:DescribeEventBus"]])
def test_a_bus_may_be_described_by_the_name_that_the_emulator_knows_it_by(action: str | list[str]) -> None:
    granted = {"Effect": "Allow", "Action": action, "Resource": "bus"}

    [statement] = statements(for_emulator(template(granted)))

    assert statement["Resource"] == ["bus", "arn:aws:events:*:*:rule/default/*"]


def test_everything_else_stays_as_it_was_and_so_does_what_was_given() -> None:
    given = template(_TLS, {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "crop"})

    made = for_emulator(given)

    assert statements(made)[1] == statements(given)[1]
    assert made["Resources"]["Bus"] == given["Resources"]["Bus"]
    assert statements(given)[0] == _TLS
