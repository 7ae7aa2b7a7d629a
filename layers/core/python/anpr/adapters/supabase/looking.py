"""What a Supabase project is looked at for: who may see our schema, the trigger on Storage, the keys of its Auth."""

from collections.abc import Iterator

from sqlalchemy import text
from sqlalchemy.orm import Session

from anpr.adapters.supabase import schema
from anpr.adapters.supabase.auth import SupabaseLogins
from anpr.errors import AnprError
from anpr.ports import Checked

_SEES = text(
    """
    SELECT rolname FROM pg_roles WHERE rolname IN ('anon', 'authenticated', 'service_role')
        AND has_schema_privilege(rolname, to_regnamespace(:schema), 'USAGE')
    ORDER BY rolname
    """
)
# By the catalogue: the application may not use the schema `storage`, and has no need to.
_TRIGGER = text(
    """
    SELECT pg_get_triggerdef(t.oid), t.tgenabled FROM pg_trigger AS t
    JOIN pg_class AS c ON c.oid = t.tgrelid JOIN pg_namespace AS n ON n.oid = c.relnamespace
    WHERE n.nspname = 'storage' AND c.relname = 'objects' AND t.tgname = :name
    """
)


def look(session: Session, bucket: str, logins: SupabaseLogins) -> Iterator[Checked]:
    """Look at each part.

    Args:
        session: as the application.
        bucket: of footage.
        logins: the project's Auth.
    """
    yield _others(session)
    yield _trigger(session, bucket)
    try:
        keys = logins.check()
    except AnprError as error:
        yield Checked("login keys", good=False, said=error.explained)
    else:
        yield Checked("login keys", good=True, said=f"tokens are checked by {logins.keys_are} ({keys})")


def _others(session: Session) -> Checked:
    seen = list(session.scalars(_SEES, {"schema": schema.SCHEMA}))
    said = f"{', '.join(seen)} may use the schema {schema.SCHEMA}" if seen else "sees nothing of the schema"
    return Checked("Data API", good=not seen, said=said)


def _trigger(session: Session, bucket: str) -> Checked:
    found = session.execute(_TRIGGER, {"name": schema.TRIGGER}).one_or_none()
    if found is None:
        return Checked("trigger on Storage", good=None, said="none; a job begins when the client says `complete`")
    definition, enabled = found
    if enabled == "D" or f"'{bucket}'" not in definition:
        return Checked("trigger on Storage", good=False, said=f"disabled, or not for the bucket {bucket}; run migrate")
    return Checked("trigger on Storage", good=True, said=f"for the bucket {bucket}")
