"""What is said differently to the emulator, so that a template means there what it means on AWS."""

import copy
from collections.abc import Iterator, Mapping
from typing import Any, Final

_BY_PLAIN_HTTP: Final = {"Bool": {"aws:SecureTransport": "false"}}
_FROM_ELSEWHERE: Final = {"NotIpAddress": {"aws:SourceIp": ["127.0.0.0/8", "::1/128"]}}
_DESCRIBE_BUS: Final = "events:DescribeEventBus"


def for_emulator(template: Mapping[str, Any]) -> dict[str, Any]:
    """Rewrite the policies of a template for an emulator that enforces them and is reached by plain http.

    - Statements that refuse whoever comes by plain http make an exception of the loopback interface. They are not left
      out, as a topic without a policy is given one by SNS that lets the whole account in.
    - The emulator takes the name of a bus that is to be described for a rule's.

    Args:
        template: a CloudFormation template; not changed.
    """
    made: dict[str, Any] = copy.deepcopy(dict(template))
    for statement in _statements(made):
        if statement.get("Condition") == _BY_PLAIN_HTTP:
            statement["Condition"] = _BY_PLAIN_HTTP | _FROM_ELSEWHERE
        if _DESCRIBE_BUS in _listed(statement["Action"]):
            statement["Resource"] = [*_listed(statement["Resource"]), "arn:aws:events:*:*:rule/default/*"]
    return made


def _statements(template: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    for resource in template["Resources"].values():
        yield from resource.get("Properties", {}).get("PolicyDocument", {}).get("Statement", ())


def _listed(value: Any) -> list[Any]:
    """What IAM allows to be one thing or a list, as a list."""
    return value if isinstance(value, list) else [value]
