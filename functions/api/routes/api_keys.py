"""/auth/keys: the keys that machines call with."""

from uuid import UUID

from fastapi import APIRouter, Depends

from anpr.governance.license_keys import Feature
from anpr.identity import apikeys
from functions.api.dependencies import Caller, CallerActor, DbSession
from functions.api.licensing import requires
from functions.api.schemas.apikeys import ApiKeyCreated, ApiKeyIn, ApiKeyList, ApiKeyOut, created

router = APIRouter(prefix="/auth/keys", tags=["auth"])


@router.get("", summary="List machines' keys")
def list_keys(session: DbSession) -> ApiKeyList:
    """All keys, newest first; revoked ones too. Their secrets are nowhere."""
    return ApiKeyList(items=[ApiKeyOut.model_validate(row) for row in apikeys.find(session)])


@router.post(
    "", status_code=201, summary="Make a key for a machine", dependencies=[Depends(requires(Feature.API_KEYS))]
)
def create_key(body: ApiKeyIn, session: DbSession, caller: Caller) -> ApiKeyCreated:
    """Make a key that acts for the caller; the answer is the only time that it is shown."""
    return created(*apikeys.create(session, caller, body.new()))


@router.delete("/{key_id}", status_code=204, summary="Revoke a machine's key")
def revoke_key(key_id: UUID, session: DbSession, actor: CallerActor) -> None:
    """End a key; it is refused from the next request on."""
    apikeys.revoke(session, actor, key_id)
