"""The identity function."""

from functions.api.aws.host import lambda_handler
from functions.api.groups.identity import GROUP

handler = lambda_handler(GROUP)
