"""`.env.example` is what the settings classes say, and what it says can be read back."""

from pathlib import Path
from typing import Any, Final, get_origin

import pytest
from pydantic_settings import BaseSettings

from tests.env_example import default_of, render, settings_classes, variable

# Something of each kind that has no default.
_GIVEN: Final[dict[Any, str]] = {tuple: '["given"]', dict: '{"given": 1}'}
_FILE: Final = Path(__file__).parent.parent / ".env.example"


def test_the_file_names_every_setting_with_its_default() -> None:
    assert _FILE.read_text() == render(), "run: python -m tests.env_example > .env.example"


def test_no_secret_has_a_value() -> None:
    lines = [line.lstrip("#") for line in _FILE.read_text().splitlines() if "=" in line]
    secret = [line for line in lines if any(word in line.split("=")[0] for word in ("TOKEN=", "PASSWORD", "SECRET_ID"))]

    assert secret
    assert [line for line in secret if not line.endswith("=")] == []


@pytest.mark.parametrize("settings", settings_classes(), ids=lambda found: found.__name__)
def test_a_default_that_is_written_out_changes_nothing(
    settings: type[BaseSettings], monkeypatch: pytest.MonkeyPatch
) -> None:
    for field, info in settings.model_fields.items():
        monkeypatch.delenv(variable(settings, field), raising=False)
        if info.is_required():
            monkeypatch.setenv(variable(settings, field), _GIVEN.get(get_origin(info.annotation), "given"))
    # The database has no default address, and a project's is none that may be any text.
    monkeypatch.setenv("ANPR_DB_SECRET_ID", "given")
    monkeypatch.setenv("ANPR_SUPABASE_URL", "https://given.example")
    untouched = settings()

    for field, info in settings.model_fields.items():
        if not info.is_required() and default_of(info):
            monkeypatch.setenv(variable(settings, field), default_of(info))

    assert settings() == untouched
