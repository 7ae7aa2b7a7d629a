"""The context that a Lambda function is invoked with."""

from aws_lambda_powertools.utilities.typing import LambdaContext


class _Context(LambdaContext):
    @staticmethod
    def get_remaining_time_in_millis() -> int:
        return 60_000


def lambda_context(name: str) -> LambdaContext:
    """A context with what the structured logger reads of it, and a minute left."""
    context = _Context()
    context._function_name = name
    context._memory_limit_in_mb = 128
    context._invoked_function_arn = f"arn:aws:lambda:eu-central-1:123456789012:function:{name}"
    context._aws_request_id = "00000000-0000-0000-0000-000000000000"
    return context
