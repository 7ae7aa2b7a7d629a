"""What only the mode `aws` is told: names and addresses of its services, and how the sweeps let the database sleep."""

from datetime import timedelta
from typing import Final

from pydantic import Field
from pydantic_settings import SettingsConfigDict

from anpr.adapters.family import names_of
from anpr.settings import AnchorSettings, Settings, TokenSettings


class NetworkSettings(Settings):
    """How AWS is reached."""

    model_config = SettingsConfigDict(env_prefix="ANPR_")

    ipv6: bool = Field(default=False, description="Whether AWS is reached by IPv6 alone: from a network without NAT.")


class JobQueueSettings(Settings):
    """The queue of detection jobs."""

    model_config = SettingsConfigDict(env_prefix="ANPR_QUEUE_")

    url: str
    dead_letter_url: str


class BusSettings(Settings):
    """The event bus."""

    model_config = SettingsConfigDict(env_prefix="ANPR_BUS_")

    name: str


class SigningSettings(Settings):
    """Where the private half of the signing key lies: known to the identity function alone."""

    model_config = SettingsConfigDict(env_prefix="ANPR_SIGNING_")

    secret_id: str


class AdminSettings(Settings):
    """Where the login of the first administrator lies, whom the set-up function makes where there is none."""

    model_config = SettingsConfigDict(env_prefix="ANPR_ADMIN_")

    secret_id: str


class AlertSettings(Settings):
    """Who is told of hits, and of what administrators must know."""

    model_config = SettingsConfigDict(env_prefix="ANPR_ALERT_")

    topic_prefix: str = Field(description="The names of this deployment's topics begin with it.")
    notices_topic: str | None = Field(default=None, description="Topic that administrators subscribe to.")


class WebhookKeySettings(Settings):
    """Where the key that webhooks' secrets are encrypted with lies."""

    model_config = SettingsConfigDict(env_prefix="ANPR_WEBHOOK_")

    key_secret_id: str


class AnchorKeySettings(Settings):
    """Where the key that signs anchors lies."""

    model_config = SettingsConfigDict(env_prefix="ANPR_ANCHOR_")

    key_secret_id: str


class WebhookQueueSettings(Settings):
    """The queue of deliveries that are due."""

    model_config = SettingsConfigDict(env_prefix="ANPR_WEBHOOK_")

    queue_url: str


class PosterSettings(Settings):
    """Who makes the requests that webhooks are."""

    model_config = SettingsConfigDict(env_prefix="ANPR_POSTER_")

    function: str | None = Field(default=None, description="A function that makes them; this process where none is.")


class IdlenessSettings(Settings):
    """When the sweeps leave the database alone, so that it may pause."""

    model_config = SettingsConfigDict(env_prefix="ANPR_IDLE_")

    api_id: str = Field(description="The API whose requests are activity.")
    queues: tuple[str, ...] = Field(description="Names of the queues whose messages are activity.")
    quiet: timedelta = Field(
        default=timedelta(minutes=30),
        gt=timedelta(minutes=15),
        description="How long nothing must have happened. SQS may tell of an idle queue's first message 15 min late.",
    )
    daily_hour: int = Field(default=3, ge=0, le=23, description="The hour, in UTC, at which the sweeps run anyway.")


class SweepSettings(Settings):
    """What is swept, and how often."""

    model_config = SettingsConfigDict(env_prefix="ANPR_SWEEP_")

    functions: dict[str, int] = Field(description="Names of functions, and every how many minutes each runs.")
    kept_alive: tuple[str, ...] = Field(
        default=(),
        description="Functions to call once a day: Lambda drops a snapshot that was not used for long.",
    )


SETTINGS: Final[tuple[type[Settings], ...]] = (
    NetworkSettings,
    JobQueueSettings,
    BusSettings,
    SigningSettings,
    AdminSettings,
    AlertSettings,
    WebhookKeySettings,
    AnchorKeySettings,
    WebhookQueueSettings,
    PosterSettings,
    IdlenessSettings,
    SweepSettings,
)
"""The family's own classes."""

OWN: Final = frozenset({"ANPR_DB_SECRET_ID"}) | names_of((TokenSettings, AnchorSettings))
"""Variables of classes that all modes share, which not every one knows what to do with."""
