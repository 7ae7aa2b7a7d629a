"""Answering CloudFormation, which runs the set-up as a resource of its stack: a deployment waits for it, or fails.

CloudFormation hands over a presigned link and waits for what is put there; a function that ends without an answer keeps
a deployment waiting until its time is over.
"""

import json
import urllib.request
from collections.abc import Callable, Mapping
from typing import Any, Final

from aws_lambda_powertools import Logger

from anpr.errors import Unavailable

PHYSICAL_ID: Final = "anpr-database"
"""The same for ever: another would have CloudFormation delete the resource that it takes for the old one."""

_TIMEOUT_S: Final = 10
_ATTEMPTS: Final = 3
_MAX_REASON: Final = 1000


def is_request(event: Mapping[str, Any]) -> bool:
    """Tell whether CloudFormation asks; anybody else who runs the function gives it nothing that it looks at."""
    return "ResponseURL" in event


def serve(event: Mapping[str, Any], work: Callable[[], Mapping[str, Any]], logger: Logger) -> None:
    """Do the work that CloudFormation asks for, and tell it how that went.

    Args:
        event: its request.
        work: what to do when the resource is made or changed; when it is removed, nothing is.
        logger: gets the whole of an error, of which CloudFormation gets a line.

    Raises:
        Unavailable: the answer could not be given.
    """
    try:
        if event["RequestType"] != "Delete":
            work()
    except Exception as error:
        # The outermost boundary: whatever it is, it must fail the deployment, and at once.
        logger.exception("the set-up failed")
        _answer(event, "FAILED", f"{type(error).__name__}: {error}"[:_MAX_REASON])
    else:
        _answer(event, "SUCCESS", "Set up.")


def _answer(event: Mapping[str, Any], status: str, reason: str) -> None:
    answer = {name: event[name] for name in ("StackId", "RequestId", "LogicalResourceId")}
    answer |= {"PhysicalResourceId": PHYSICAL_ID, "Status": status, "Reason": reason}
    request = urllib.request.Request(  # noqa: S310 - CloudFormation's own link
        event["ResponseURL"],
        data=json.dumps(answer).encode(),
        method="PUT",
        # The link was signed for no type at all.
        headers={"content-type": ""},
    )
    last: OSError | None = None
    for _ in range(_ATTEMPTS):
        try:
            with urllib.request.urlopen(request, timeout=_TIMEOUT_S):  # noqa: S310 - as above
                return
        except OSError as error:
            last = error
    raise Unavailable("CloudFormation could not be told how the set-up went.") from last
