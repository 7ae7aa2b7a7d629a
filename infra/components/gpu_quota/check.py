"""Fails a deployment for which the account's quotas are too small. It stands in the template, in 4,096 characters."""

import json
import urllib.request
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

_CONFIG = Config(connect_timeout=5, read_timeout=10, retries={"mode": "standard", "total_max_attempts": 2})


def handler(event: dict[str, Any], _context: object) -> None:
    """Answer CloudFormation's request."""
    refusal = None if event["RequestType"] == "Delete" else refused(event["ResourceProperties"])
    answer = {name: event[name] for name in ("StackId", "RequestId", "LogicalResourceId")}
    answer |= {
        "PhysicalResourceId": "gpu-quota",
        "Status": "FAILED" if refusal else "SUCCESS",
        "Reason": refusal or "Enough.",
    }
    request = urllib.request.Request(  # noqa: S310 - CloudFormation's own link
        event["ResponseURL"], data=json.dumps(answer).encode(), method="PUT", headers={"content-type": ""}
    )
    urllib.request.urlopen(request, timeout=10).close()  # noqa: S310


def refused(asked: dict[str, Any]) -> str | None:
    """Say which of the quotas are too small, if any.

    One that cannot be read is no reason to refuse: what it is about will be tried, and will show it.

    Args:
        asked: `Quotas`, their codes, and `Least`, the vCPUs that are needed.
    """
    client = boto3.client("service-quotas", config=_CONFIG)
    try:
        quotas = [client.get_service_quota(ServiceCode="ec2", QuotaCode=code)["Quota"] for code in asked["Quotas"]]
    except (BotoCoreError, ClientError) as error:
        print(f"The quotas could not be read: {error}")  # noqa: T201 - this function has no logger
        return None
    low = [
        f"{q['QuotaName']} ({q['QuotaCode']}) is {q['Value']:g}" for q in quotas if q["Value"] < float(asked["Least"])
    ]
    if not low:
        return None
    return (
        f"This account may not start a machine with a GPU yet: {'; '.join(low)}, and {asked['Least']} vCPUs are needed."
        " Ask for more in Service Quotas, or set worker='cpu' in infra/environments.py, and deploy again."
    )
