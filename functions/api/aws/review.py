"""The review function."""

from functions.api.aws.host import lambda_handler
from functions.api.groups.review import GROUP

handler = lambda_handler(GROUP)
