"""What only the mode `selfhost` is told: its servers, its keys, and how people are told of things."""

from pathlib import Path
from typing import Final, Literal

from pydantic import Field, SecretStr
from pydantic_settings import SettingsConfigDict

from anpr.adapters.family import names_of
from anpr.settings import AnchorSettings, Settings, TokenSettings


class QueueChoiceSettings(Settings):
    """What keeps the queues."""

    model_config = SettingsConfigDict(env_prefix="ANPR_")

    queue: Literal["redis", "postgres"] = Field(
        default="redis", description="Redis or Valkey; or the database, where one server less counts for more."
    )


class EventTapSettings(Settings):
    """Who looks at events as they go by."""

    model_config = SettingsConfigDict(env_prefix="ANPR_EVENT_")

    tap: bool = Field(
        default=False, description="Put every event on the queue `event_tap` too, for people and tests to look at."
    )


class RedisSettings(Settings):
    """Where Redis or Valkey is."""

    model_config = SettingsConfigDict(env_prefix="ANPR_REDIS_")

    url: SecretStr = Field(description="Such as redis://:password@valkey:6379/0; rediss:// for TLS.")


class ObjectStoreSettings(Settings):
    """How the S3 server is reached, beyond what is said of every bucket."""

    model_config = SettingsConfigDict(env_prefix="ANPR_S3_")

    public_endpoint_url: str | None = Field(
        default=None, description="The address that clients use, which links are signed for; the inner one if unset."
    )
    access_key_id: str
    secret_access_key: SecretStr
    region: str = "us-east-1"


class SecretFolderSettings(Settings):
    """Where the keys lie that `anpr init` made."""

    model_config = SettingsConfigDict(env_prefix="ANPR_SECRETS_")

    dir: Path = Field(description="A folder that only the service's user may read.")


class MailSettings(Settings):
    """How people are told of hits: by e-mail, and by SMS through a gateway's webhook."""

    model_config = SettingsConfigDict(env_prefix="ANPR_MAIL_")

    host: str | None = Field(default=None, description="The mail server; without one, nobody can subscribe by e-mail.")
    port: int = 587
    security: Literal["starttls", "tls", "none"] = "starttls"
    user: str | None = None
    password: SecretStr | None = None
    sender: str = Field(default="anpr@localhost", description="The address that notices come from.")
    timeout_s: float = Field(default=15, gt=0)
    public_url: str = Field(
        default="http://localhost:8000", description="Where the API is for people; links in e-mails lead there."
    )
    admins: str | None = Field(default=None, description="Who is told what administrators must know.")
    sms_url: str | None = Field(default=None, description="A gateway that takes {to, text} as JSON by POST.")
    sms_token: SecretStr | None = Field(default=None, description="Sent to that gateway as a bearer token.")


SETTINGS: Final[tuple[type[Settings], ...]] = (
    QueueChoiceSettings,
    EventTapSettings,
    RedisSettings,
    ObjectStoreSettings,
    SecretFolderSettings,
    MailSettings,
)
"""The family's own classes."""

OWN: Final = frozenset({"ANPR_DB_PASSWORD"}) | names_of((TokenSettings, AnchorSettings))
"""Variables of classes that all modes share, which not every one knows what to do with."""
