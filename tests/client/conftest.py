"""The client over real HTTP, with the API on a real database behind it."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from anpr.models import Role
from anpr_client import Client, Login, Options, RetryPolicy
from tests.client.server import Served, serving
from tests.functions.api.client import PASSWORD, Api
from tests.functions.api.conftest import api, password_hash
from tests.functions.conftest import event_loop_for_mangum

__all__ = ["api", "event_loop_for_mangum", "password_hash"]

QUICK = Options(retry=RetryPolicy(tries=4, first_pause_s=0.001, longest_pause_s=0.01), poll_s=0.01)


@pytest.fixture
def served(api: Api) -> Iterator[Served]:
    with serving(api) as running:
        yield running


def login(role: Role) -> Login:
    """Who has this role."""
    return Login(f"{role}@example.org", PASSWORD)


@pytest.fixture
def client(served: Served) -> Iterator[Client]:
    """The client of an administrator."""
    with Client(served.url, login(Role.ADMIN), options=QUICK) as made:
        yield made


@pytest.fixture
def camera(client: Client) -> str:
    return str(client.cameras.create("North gate", time_zone="Europe/Berlin").id)


@pytest.fixture
def clip(tmp_path: Path) -> Path:
    """A file of some size; what is in it, nobody here looks at."""
    made = tmp_path / "clip.mp4"
    made.write_bytes(bytes(range(256)) * 1200)
    return made
