"""Settings, one small class per concern, read from the environment by `bootstrap` and by entry points only.

No setting that is a secret has a default. What a deployment decides (names, addresses) is required, what the product
decides (limits, lifetimes) has the value that suits most.
"""

import base64
import os
from datetime import timedelta
from ipaddress import IPv4Network, IPv6Network
from pathlib import Path
from typing import Any, Final, Literal, Self

from pydantic import Field, PostgresDsn, SecretStr, ValidationError, field_validator, model_validator
from pydantic_core import ErrorDetails, InitErrorDetails
from pydantic_settings import BaseSettings, EnvSettingsSource, PydanticBaseSettingsSource, SettingsConfigDict

FILE_SUFFIX: Final = "_FILE"
"""A variable whose name ends in it names a file that the value stands in."""


class Settings(BaseSettings):
    """What every settings class has: a value may stand in a file, and what is wrong is said of the variable.

    `ANPR_DB_URL_FILE=/run/secrets/db_url` gives `ANPR_DB_URL` what stands in that file, less the line's end.
    """

    # A variable that is set to nothing is not set, as in a file that lists all.
    model_config = SettingsConfigDict(extra="ignore", hide_input_in_errors=True, env_ignore_empty=True)

    def __init__(self, **values: Any) -> None:
        try:
            super().__init__(**values)
        except ValidationError as error:
            raise ValidationError.from_exception_data(
                error.title, [_of_variable(type(self), each) for each in error.errors()], hide_input=True
            ) from None

    @classmethod
    def variables(cls) -> dict[str, str]:
        """Names of the environment variables, by the names of the fields that are read from them."""
        prefix = cls.model_config.get("env_prefix", "")
        return {field: f"{prefix}{field}".upper() for field in cls.model_fields}

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Read the environment, and the files that it names."""
        del dotenv_settings, file_secret_settings
        return init_settings, env_settings, _NamedFiles(settings_cls)


class _NamedFiles(EnvSettingsSource):
    """Values from the files that `<VARIABLE>_FILE` names."""

    def _load_env_vars(self) -> dict[str, str | None]:
        prefix = str(self.settings_cls.model_config.get("env_prefix", ""))
        return {
            f"{prefix}{field}".lower(): _content_of(f"{prefix}{field}{FILE_SUFFIX}".upper(), named)
            for field in self.settings_cls.model_fields
            if (named := os.environ.get(f"{prefix}{field}{FILE_SUFFIX}".upper()))
        }


def _content_of(variable: str, path: str) -> str:
    """What stands in a file that a variable names.

    Raises:
        ValueError: it cannot be read.
    """
    try:
        return Path(path).read_text().rstrip("\r\n")
    except OSError as error:
        raise ValueError(f"{variable} names {path}, which cannot be read: {error.strerror}") from error


def _of_variable(settings: type[Settings], error: ErrorDetails) -> InitErrorDetails:
    """The same error, of the environment variable where it was of the field."""
    where = error["loc"]
    if where and where[0] in settings.model_fields:
        where = (settings.variables()[str(where[0])], *where[1:])
    return InitErrorDetails(type=error["type"], loc=where, input=error["input"], ctx=error.get("ctx", {}))


class ModeSettings(Settings):
    """Which family of adapters the backend runs on; read by `bootstrap` alone."""

    model_config = SettingsConfigDict(env_prefix="ANPR_")

    mode: Literal["aws", "selfhost", "supabase"] = "aws"


class DatabaseSettings(Settings):
    """Where PostgreSQL is, and how to log in.

    In one of three ways: a URL; on AWS, a Secrets Manager secret with the password, and the address where `host` does
    not say it; or a host and a user, who has a password or, on AWS, logs in by IAM without one.
    """

    model_config = SettingsConfigDict(env_prefix="ANPR_DB_")

    url: PostgresDsn | None = None
    secret_id: str | None = None
    host: str | None = None
    port: int = 5432
    name: str = "anpr"
    user: str | None = Field(default=None, description="Who logs in: by IAM on AWS, elsewhere by the password.")
    password: SecretStr | None = None
    ssl: bool = Field(default=True, description="Ask for TLS and verify the server's certificate.")
    ssl_root_cert: str | None = Field(
        default=None,
        description="CA bundle; the system's where none is given, and `rds` for the authorities of Amazon RDS.",
    )
    role: str | None = Field(
        default=None,
        description="Role to take on after logging in; `anpr_app` may not alter tables or change the audit log.",
    )
    pool_size: int = Field(default=1, ge=1, description="A Lambda serves one request at a time, so one is enough.")
    connect_timeout_s: float = Field(
        default=25,
        description="Longer than a database needs that was paused (some 15 s), shorter than API Gateway waits (30 s).",
    )
    statement_timeout_s: float = 20

    def for_threads(self, count: int) -> Self:
        """These settings with a connection for each of so many threads, or more if more are set."""
        return self.model_copy(update={"pool_size": max(self.pool_size, count)})

    @model_validator(mode="after")
    def _one_source(self) -> "DatabaseSettings":
        by_user = self.host is not None and self.user is not None
        if [self.url is not None, self.secret_id is not None, by_user].count(True) != 1:
            raise ValueError("set exactly one of ANPR_DB_URL, ANPR_DB_SECRET_ID, and ANPR_DB_HOST with ANPR_DB_USER")
        return self


class StorageSettings(Settings):
    """The bucket of footage and crops."""

    model_config = SettingsConfigDict(env_prefix="ANPR_S3_")

    bucket: str
    endpoint_url: str | None = Field(default=None, description="A server that speaks S3's protocol; AWS's if unset.")
    upload_method: Literal["POST", "PUT"] = Field(
        default="POST", description="How clients send files: by a form, or as a request's body."
    )
    presign_ttl: timedelta = timedelta(hours=1)


class UploadSettings(Settings):
    """What may be uploaded, and how long a client may take."""

    model_config = SettingsConfigDict(env_prefix="ANPR_UPLOAD_")

    # S3 takes at most 5 GiB in one POST.
    max_bytes: int = Field(default=5 * 1024**3, gt=0, le=5 * 1024**3)
    form_ttl: timedelta = timedelta(hours=1)
    expire_after: timedelta = Field(default=timedelta(hours=24), description="Then an upload with no file is expired.")


class ReadSettings(Settings):
    """What other engines may hand in."""

    model_config = SettingsConfigDict(env_prefix="ANPR_READ_")

    stitch_within: timedelta = Field(
        default=timedelta(seconds=10), description="Reads of one plate at one camera within so long are one passage."
    )
    max_picture_bytes: int = Field(default=2 * 1024**2, gt=0, le=100 * 1024**2)
    form_ttl: timedelta = timedelta(hours=1)


class PictureSettings(Settings):
    """Single pictures that are answered at once."""

    model_config = SettingsConfigDict(env_prefix="ANPR_PICTURE_")

    max_bytes: int = Field(
        default=4 * 1024**2,
        gt=0,
        le=20 * 1024**2,
        description="Largest picture; on AWS no more than the default, for a Lambda takes 6 MB, in Base64.",
    )
    arrive_within: timedelta = Field(
        default=timedelta(seconds=30), description="A sender that has gone silent would keep others waiting for ever."
    )


class QueueSettings(Settings):
    """The queue of detection jobs."""

    model_config = SettingsConfigDict(env_prefix="ANPR_QUEUE_")

    visibility_s: int = Field(default=60, ge=10, description="How long a silent worker keeps a message to itself.")
    max_receives: int = Field(default=3, ge=1, description="Then a message is poison; on AWS the redrive policy's.")


class AnchorSettings(Settings):
    """The bucket of the audit log's anchors."""

    model_config = SettingsConfigDict(env_prefix="ANPR_ANCHOR_")

    bucket: str | None = Field(default=None, description="A bucket with versions; where none is, there are no anchors.")
    endpoint_url: str | None = None


class TokenSettings(Settings):
    """Access and refresh tokens."""

    model_config = SettingsConfigDict(env_prefix="ANPR_TOKEN_")

    issuer: str = "anpr"
    audience: str = "anpr-api"
    access_ttl: timedelta = timedelta(minutes=15)
    refresh_ttl: timedelta = timedelta(days=30)


class SearchSettings(Settings):
    """Search for plates."""

    model_config = SettingsConfigDict(env_prefix="ANPR_SEARCH_")

    require_reason: bool = Field(default=True, description="Refuse a search for a plate that says no reason.")


class MetricsSettings(Settings):
    """Who may read `/metrics` besides an administrator: a monitoring system has no password to log in with."""

    model_config = SettingsConfigDict(env_prefix="ANPR_METRICS_")

    token: SecretStr | None = Field(default=None, description="The scraper's bearer token; none works if unset.")


class ReviewSettings(Settings):
    """The review queue."""

    model_config = SettingsConfigDict(env_prefix="ANPR_REVIEW_")

    lease: timedelta = Field(default=timedelta(minutes=10), description="How long a claim holds if it is not renewed.")
    max_claims: int = Field(default=50, ge=1, description="The most events that one reviewer may hold at a time.")


class ExportSettings(Settings):
    """Exports: what one may hold, and how long it is kept."""

    model_config = SettingsConfigDict(env_prefix="ANPR_EXPORT_")

    max_events: int = Field(default=1_000_000, ge=1)
    max_frames: int = Field(
        default=100_000,
        ge=1,
        description="The most events of an export with full frames: these are a hundred times larger.",
    )
    max_open: int = Field(default=3, ge=1, description="How many exports one account may have in the making.")
    keep: timedelta = Field(default=timedelta(days=7), description="Then the archive is deleted.")
    lease: timedelta = Field(default=timedelta(minutes=5), description="A builder silent for this long has died.")
    max_attempts: int = Field(default=5, ge=1, description="Builders that may die without a step forward.")
    fetchers: int = Field(default=32, ge=1, description="Images that are fetched at a time.")
    part_bytes: int = Field(default=8 * 1024**2, ge=5 * 1024**2, description="S3 takes no smaller part but the last.")


class LicenseSettings(Settings):
    """Whose licence keys are good here, and what there is without one.

    Where no issuer is named, nobody sells licences for this deployment, and nothing is limited.
    """

    model_config = SettingsConfigDict(env_prefix="ANPR_LICENSE_")

    public_keys: str = Field(default="", description="Issuers' Ed25519 public keys as base64url, separated by commas.")
    grace: timedelta = Field(default=timedelta(days=14), description="How long an expired licence still counts.")
    evaluation_cameras: int = Field(default=5, ge=0)
    evaluation_minutes: int = Field(default=600, ge=0, description="Minutes of footage a month without a licence.")

    @field_validator("public_keys")
    @classmethod
    def _holds_keys(cls, value: str) -> str:
        for text in filter(None, map(str.strip, value.split(","))):
            if len(base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)) != 32:
                raise ValueError("an Ed25519 public key is 32 bytes as base64url")
        return value


class WebhookSettings(Settings):
    """How webhooks are sent."""

    model_config = SettingsConfigDict(env_prefix="ANPR_WEBHOOK_")

    allow_networks: tuple[IPv4Network | IPv6Network, ...] = Field(
        default=(),
        description="Private networks that may be sent to, by http too; for tests and one's own data centre.",
    )
    connect_timeout_s: float = Field(default=5, gt=0)
    total_timeout_s: float = Field(default=15, gt=0)
    # As Standard Webhooks recommends: dense at first, then over days.
    retry_after_s: tuple[float, ...] = (5, 60, 300, 1800, 7200, 18_000, 36_000, 50_400, 72_000, 86_400)
    disable_after: timedelta = Field(default=timedelta(days=5), description="Failing for so long, it is disabled.")
    secret_overlap: timedelta = Field(default=timedelta(hours=24), description="A replaced secret signs on so long.")
    keep_deliveries: timedelta = Field(default=timedelta(days=30), description="Then the log forgets a delivery.")

    @property
    def longest_post_s(self) -> float:
        """How long one request may take at most: its look-up and two connections before it is sent at all."""
        return self.connect_timeout_s * 3 + self.total_timeout_s


class StreamSettings(Settings):
    """How cameras' live streams are read."""

    model_config = SettingsConfigDict(env_prefix="ANPR_STREAM_")

    allow_networks: tuple[IPv4Network | IPv6Network, ...] = Field(
        default=(), description='Private networks that cameras may be in, as JSON: ["10.20.0.0/16"].'
    )
    max_cameras: int = Field(default=4, ge=1, le=64, description="Streams that one process reads at most.")
    segment: timedelta = Field(default=timedelta(minutes=5), description="Length of what is booked as one upload.")
    silent_after: timedelta = Field(default=timedelta(minutes=5), description="Then a notice tells of a silent camera.")


class RetentionSettings(Settings):
    """For how many days each class of data is kept, counted from when it was recorded here; None keeps it for ever."""

    model_config = SettingsConfigDict(env_prefix="ANPR_RETENTION_", env_parse_none_str="none")

    uploads_days: int | None = Field(default=30, ge=1, description="Uploaded files.")
    crops_days: int | None = Field(default=30, ge=1, description="Crops and frames of passages without a hit.")
    events_days: int | None = Field(default=90, ge=1, description="Passages without a hit, and uploads left empty.")
    hits_days: int | None = Field(default=365, ge=1, description="Passages with a hit, their crops and frames.")
    audit_days: int | None = Field(default=730, ge=90, description="Audit records; the database keeps 90 days anyway.")


class RateLimitSettings(Settings):
    """How often one account or one address may do what is worth guessing or harvesting; 0 does not limit."""

    model_config = SettingsConfigDict(env_prefix="ANPR_RATE_")

    login_period: timedelta = timedelta(minutes=15)
    logins_per_account: int = Field(default=20, ge=0, description="Of one account from one address, in a login period.")
    logins_per_account_anywhere: int = Field(
        default=100, ge=0, description="In an hour, from all addresses at which the account was not logged in lately."
    )
    logins_per_address: int = Field(default=100, ge=0, description="Many people may share an office's one address.")
    search_period: timedelta = timedelta(minutes=1)
    searches_per_account: int = Field(default=120, ge=0)
    searches_per_address: int = Field(default=600, ge=0)
