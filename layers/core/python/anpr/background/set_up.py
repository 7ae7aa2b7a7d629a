"""What comes before all else: the database is migrated, and keys and the first administrator are made."""

from pydantic import BaseModel, SecretStr

from anpr import bootstrap
from anpr.alerts.webhooks import sealing
from anpr.background.services import Report
from anpr.errors import Unavailable
from anpr.governance import anchors
from anpr.identity import outside, tokens, users
from anpr.ports import Secret, SecretStore


class AdminLogin(BaseModel):
    """What the first administrator's secret holds."""

    email: str
    password: SecretStr


def set_up() -> Report:
    """Migrate, and make what is missing; a second run finds nothing to do.

    Returns:
        `revision`, the database schema's; `admin_created`, whether the first administrator was made one now; and
        `anchor_key`, the public key that the audit log's anchors are signed with, to be kept elsewhere.

    Raises:
        Unavailable: the administrator's secret has no value, or a service does not answer.
    """
    secrets = bootstrap.secret_store()
    provider = bootstrap.login_provider()
    admin = _admin(secrets) if provider is None else None
    sealing.ensure_key(secrets, Secret.WEBHOOK_KEY)
    anchor_key = anchors.ensure_key(secrets, Secret.ANCHOR_KEY)
    database = bootstrap.database()
    try:
        revision = bootstrap.upgrade(database.engine)
        with database.transaction() as session:
            if provider is not None:
                created = outside.appoint(session, provider)
            if admin is not None:
                tokens.ensure_signing_key(session, secrets, Secret.SIGNING_KEY)
                created = users.ensure_admin(session, admin.email, admin.password.get_secret_value())
    finally:
        # Nobody calls this again soon, and a connection that is left open keeps the database awake.
        database.engine.dispose()
    return {"revision": revision, "admin_created": created, "anchor_key": anchor_key}


def _admin(secrets: SecretStore) -> AdminLogin:
    login = secrets.get(Secret.ADMIN)
    if login is None:
        raise Unavailable("The first administrator's secret has no value.")
    return AdminLogin.model_validate(login)
