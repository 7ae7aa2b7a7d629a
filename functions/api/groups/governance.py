"""Licences, use, the audit log, holds, erasure. It alone of the API may delete footage."""

from typing import Final

from functions.api.resource import Group
from functions.api.routes import admin_health, governance, licenses, usage
from functions.api.services.governance import GovernanceServices

GROUP: Final = Group(
    "governance",
    (licenses.router, usage.router, governance.router, admin_health.router),
    GovernanceServices,
)
