"""Run after each deployment: migrate the database, make the keys, make the first administrator."""

from typing import Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.typing import LambdaContext
from pydantic import BaseModel, SecretStr

from anpr import bootstrap, migrations, tokens, users
from anpr.errors import Unavailable
from anpr.settings import AdminSettings, SigningSettings, WebhookKeySettings
from anpr.webhooks import sealing

logger = Logger(service="setup")


class AdminLogin(BaseModel):
    """What the first administrator's secret holds."""

    email: str
    password: SecretStr


@logger.inject_lambda_context
def handler(_event: dict[str, Any], _context: LambdaContext) -> dict[str, Any]:
    """Bring a deployment up to date; a second run finds nothing to do.

    Returns:
        `revision`, the database schema's, and `admin_created`, whether the first administrator was made now.
    """
    secrets = bootstrap.secret_store()
    login = secrets.get(AdminSettings().secret_id)
    if login is None:
        raise Unavailable("The first administrator's secret has no value.")
    admin = AdminLogin.model_validate(login)
    sealing.ensure_key(secrets, WebhookKeySettings().key_secret_id)
    database = bootstrap.database()
    revision = migrations.upgrade(database.engine)
    with database.transaction() as session:
        tokens.ensure_signing_key(session, secrets, SigningSettings().secret_id)
        created = users.ensure_admin(session, admin.email, admin.password.get_secret_value())
    logger.info("set up", revision=revision, admin_created=created)
    return {"revision": revision, "admin_created": created}
