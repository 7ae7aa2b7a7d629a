"""Calling other functions: waiting for what one returns, or only seeing to it that it runs."""

import json
from typing import Any

from anpr.adapters.aws.client import translated
from anpr.errors import Unavailable


class FunctionCall:
    """Calls one function."""

    def __init__(self, client: Any, function: str) -> None:
        """Prepare to call.

        Args:
            client: boto3's for `lambda`. It must wait for as long as the function may take, and not try again: what a
                function that does not answer has done, nobody knows.
            function: the function's name or ARN.
        """
        self._client = client
        self._function = function

    def __call__(self, event: dict[str, Any]) -> dict[str, Any]:
        """Call it.

        Raises:
            anpr.errors.Unavailable: it could not be called, failed, or returned something else than an object.
        """
        with translated("function", missing="There is no such function."):
            answer = self._client.invoke(FunctionName=self._function, Payload=json.dumps(event).encode())
            returned = answer["Payload"].read()
        if "FunctionError" in answer:
            raise Unavailable("A function of the backend failed; try again in a moment.")
        value = json.loads(returned)
        if not isinstance(value, dict):
            raise Unavailable("A function of the backend gave no answer; try again in a moment.")
        return value


class FunctionStarter:
    """Has functions run, and waits for none."""

    def __init__(self, client: Any) -> None:
        """Prepare to start; `client` is boto3's for `lambda`."""
        self._client = client

    def __call__(self, function: str) -> None:
        """Start a function, with an empty event.

        Raises:
            anpr.errors.Unavailable: it could not be started.
        """
        with translated("function", missing="There is no such function."):
            self._client.invoke(FunctionName=function, InvocationType="Event", Payload=b"{}")
