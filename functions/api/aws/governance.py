"""The governance function."""

from functions.api.aws.host import lambda_handler
from functions.api.groups.governance import GROUP

handler = lambda_handler(GROUP)
