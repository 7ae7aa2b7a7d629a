"""The alerts function."""

from functions.api.aws.host import lambda_handler
from functions.api.groups.alerts import GROUP

handler = lambda_handler(GROUP)
