"""How the processes behave as processes."""

from datetime import timedelta
from pathlib import Path

from pydantic import Field
from pydantic_settings import SettingsConfigDict

from anpr.settings import Settings


class ServerSettings(Settings):
    """How the processes `api` and `background` behave."""

    model_config = SettingsConfigDict(env_prefix="ANPR_SERVER_")

    host: str = "127.0.0.1"
    port: int = Field(default=8000, ge=1, le=65535)
    forwarded_from: str = Field(
        default="127.0.0.1",
        description="Addresses or networks of proxies whose word is taken for a client's address, separated by commas.",
    )
    browser_origins: tuple[str, ...] = Field(default=(), description="Web pages that may call the API.")
    connections: int = Field(default=10, ge=1, description="Connections of one process to the database.")
    drain_s: float = Field(default=20, gt=0, description="After a signal to stop, what is under way gets this long.")
    liveness_file: Path | None = Field(default=None, description="Touched by `background` while it lives.")
    lease_s: int = Field(default=60, ge=10, description="How long a silent `background` keeps a message to itself.")
    start_within: timedelta = Field(default=timedelta(minutes=2), description="How long `migrate` waits for servers.")
