"""The capture function."""

from functions.api.aws.host import lambda_handler
from functions.api.groups.capture import GROUP

handler = lambda_handler(GROUP)
