"""The console's settings."""

import os
from typing import Final
from urllib.parse import urlsplit

from pydantic import Field, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

_SCHEMES: Final = ("http", "https")


class ConsoleSettings(BaseSettings):
    """What pages of the web console may ask besides the API that they are served with."""

    model_config = SettingsConfigDict(env_prefix="ANPR_CONSOLE_", extra="ignore")

    media_origin: str | None = Field(
        default=None,
        description="Server of the storage's links, such as https://bucket.s3.eu-central-1.amazonaws.com; AWS's own "
        "AWS_ENDPOINT_URL where nothing is said.",
    )
    map_style: str | None = Field(
        default=None,
        description="What the map is drawn on: the address of a MapLibre style, or of tiles, such as "
        "https://tiles.example.org/{z}/{x}/{y}.png; without one, the outlines of countries that the console brings.",
    )
    map_attribution: str = Field(
        default="", description="Who made the tiles, to be said on the map; a style says it itself."
    )
    map_origin: str | None = Field(
        default=None, description="Server of what the style names, where that is another than the style's own."
    )

    auth_url: str | None = Field(
        default=None, description="Where people log in, if not at the API; known without it where a project is named."
    )
    auth_key: str = Field(default="", description="Public key that goes with each such login.")

    @field_validator("media_origin", "map_origin")
    @classmethod
    def _is_an_origin(cls, value: str | None) -> str | None:
        return origin_of(value) if value else None

    @field_validator("map_style")
    @classmethod
    def _is_an_address(cls, value: str | None) -> str | None:
        if value:
            origin_of(value)
        return value or None

    @property
    def map_origins(self) -> list[str]:
        """Where the map may ask for what it is drawn on; nowhere but here where nothing is said."""
        named = [origin_of(self.map_style)] if self.map_style else []
        return list(dict.fromkeys([*named, *([self.map_origin] if self.map_origin else [])]))

    @property
    def storage_origin(self) -> str | None:
        """Where pictures come from and footage goes to; None where that is the console's own server."""
        said = os.environ.get("AWS_ENDPOINT_URL_S3") or os.environ.get("AWS_ENDPOINT_URL")
        return self.media_origin or (origin_of(said) if said else None)


def origin_of(address: str) -> str:
    """The server of an address, as a Content-Security-Policy names it.

    Raises:
        ValueError: it is no address, or holds what would be more than an origin in a policy.
    """
    parts = urlsplit(address)
    if parts.scheme not in _SCHEMES or not parts.netloc or any(sign in address for sign in " ;,'\""):
        raise ValueError("this must be the address of a server, such as https://storage.example.org")
    return f"{parts.scheme}://{parts.netloc}"
