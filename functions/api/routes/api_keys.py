"""/auth/keys: the keys that machines call with."""

from uuid import UUID

from fastapi import Depends

from anpr.errors import Unprocessable
from anpr.governance.license_keys import Feature
from anpr.identity import apikeys
from anpr.identity.principals import lesser
from functions.api.access import Access, allows
from functions.api.access_table import key_permissions
from functions.api.dependencies import Caller, CallerActor, DbSession
from functions.api.key_uses import KeyRights, never_usable
from functions.api.licensing import requires
from functions.api.resource import Resource
from functions.api.schemas.apikeys import ApiKeyCreated, ApiKeyIn, ApiKeyList, ApiKeyOut, created

router = Resource("/auth/keys", tag="auth")


@router.get("", summary="List machines' keys")
@allows(Access.ADMIN, everywhere=True)
def list_keys(session: DbSession) -> ApiKeyList:
    """All keys, newest first; revoked ones too. Their secrets are nowhere."""
    return ApiKeyList(items=[ApiKeyOut.model_validate(row) for row in apikeys.find(session)])


@router.post(
    "", status_code=201, summary="Make a key for a machine", dependencies=[Depends(requires(Feature.API_KEYS))]
)
@allows(Access.ADMIN, everywhere=True, audits={"api_key.created"})
def create_key(body: ApiKeyIn, session: DbSession, caller: Caller) -> ApiKeyCreated:
    """Make a key that acts for the caller; the answer is the only time that it is shown.

    A permission that the key could never use, by its role or its cameras, is refused.
    """
    new, grantable = body.new(), key_permissions()
    rights = KeyRights(lesser(new.role, caller.role), new.permissions & grantable, limited=new.cameras is not None)
    useless = never_usable(rights)
    if useless:
        words = "; ".join(f"{permission} takes {lack}" for permission, lack in useless.items())
        raise Unprocessable(
            f"The key could never use some of its permissions: {words}.",
            errors=[{"pointer": "/permissions", "detail": f"{name} takes {lack}"} for name, lack in useless.items()],
        )
    return created(*apikeys.create(session, caller, new, grantable=grantable))


@router.delete("/{key_id}", status_code=204, summary="Revoke a machine's key")
@allows(Access.ADMIN, everywhere=True, audits={"api_key.revoked"})
def revoke_key(key_id: UUID, session: DbSession, actor: CallerActor) -> None:
    """End a key; it is refused from the next request on."""
    apikeys.revoke(session, actor, key_id)
