"""What only the mode `supabase` is told: the project, whom its Auth lets in, and its Storage's key."""

from typing import Final, Literal
from uuid import UUID

from pydantic import Field, SecretStr, field_validator
from pydantic_settings import SettingsConfigDict

from anpr.adapters.selfhost.settings import EventTapSettings, MailSettings, ObjectStoreSettings, SecretFolderSettings
from anpr.settings import Settings

_SHORTEST_SECRET: Final = 32


class ProjectSettings(Settings):
    """The project, and how its Auth's access tokens are taken."""

    model_config = SettingsConfigDict(env_prefix="ANPR_SUPABASE_")

    url: str = Field(description="The project's address, such as https://PROJECT.supabase.co.")
    jwt_secret: SecretStr | None = Field(
        default=None, description="The legacy secret, where it signs the tokens; keys from the project's JWKS if unset."
    )
    issuer: str | None = Field(default=None, description="Who issues the tokens; the project's /auth/v1 if unset.")
    admin_id: UUID | None = Field(
        default=None, description="Id of the Auth user who is the first administrator, from the dashboard."
    )
    admin_aal: Literal["aal1", "aal2"] = Field(
        default="aal1", description="How surely administrators must have logged in: aal2 demands a second factor."
    )
    new_users: Literal["viewer", "inactive"] = Field(
        default="viewer", description="What somebody is who comes for the first time; inactive until an admin says so."
    )
    publishable_key: str | None = Field(
        default=None, description="The publishable (anon) key, for the console's login; it is no secret."
    )

    @field_validator("url", "issuer")
    @classmethod
    def _is_an_address(cls, value: str | None) -> str | None:
        if value is not None and not value.startswith(("https://", "http://")):
            raise ValueError("this must be an address, such as https://PROJECT.supabase.co")
        return None if value is None else value.rstrip("/")

    @field_validator("jwt_secret")
    @classmethod
    def _is_long(cls, value: SecretStr | None) -> SecretStr | None:
        if value is not None and len(value.get_secret_value()) < _SHORTEST_SECRET:
            raise ValueError(f"a secret that signs tokens has at least {_SHORTEST_SECRET} characters")
        return value

    @property
    def auth_url(self) -> str:
        """Where its Auth is."""
        return f"{self.url}/auth/v1"


class StorageKeySettings(ObjectStoreSettings):
    """The key of the project's S3 endpoint, from its storage settings."""

    region: str = Field(description="The project's region: it is part of the key.")


SETTINGS: Final[tuple[type[Settings], ...]] = (
    ProjectSettings,
    StorageKeySettings,
    EventTapSettings,
    SecretFolderSettings,
    MailSettings,
)
"""The family's own classes."""

OWN: Final = frozenset({"ANPR_DB_PASSWORD"})
"""Variables of classes that all modes share, which not every one knows what to do with."""
