"""/licenses: what this deployment may use, and how much of it is used."""

from anpr.governance import licenses
from functions.api.access import Access, allows
from functions.api.dependencies import Caller, CallerActor, DbSession, Services
from functions.api.resource import Resource
from functions.api.schemas.licenses import (
    ActivationIn,
    LicenseList,
    LicenseStatusOut,
    license_out,
    status_out,
)

router = Resource("/licenses", tag="licenses", about="What this deployment may use.")


@router.get("", summary="List licences")
@allows(Access.ADMIN, everywhere=True)
def list_licenses(session: DbSession, services: Services) -> LicenseList:
    """The licences that were activated here, the one activated last first."""
    return LicenseList(items=[license_out(row, terms) for row, terms in licenses.find(session, services.licensing)])


@router.get("/current", summary="Get the present limits and their use")
@allows(Access.VIEWER)
def get_license_status(session: DbSession, caller: Caller, services: Services) -> LicenseStatusOut:
    """What may be used now, what is used, and what to know of it. What is used, all cameras have used together."""
    return status_out(licenses.status(session, services.licensing), with_use=caller.scope is None)


@router.post("/activate", summary="Activate a licence")
@allows(Access.ADMIN, everywhere=True, audits={"license.activated"})
def activate_license(
    body: ActivationIn, session: DbSession, actor: CallerActor, services: Services
) -> LicenseStatusOut:
    """Check a key's signature and let it count, in place of the licence before; nobody is asked about it."""
    licenses.activate(session, actor, body.key, services.licensing)
    return status_out(licenses.status(session, services.licensing), with_use=True)
