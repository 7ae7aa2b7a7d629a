"""Tokens are those that Amazon's own library makes for the same server, user and moment."""

from datetime import UTC, datetime
from typing import Any

import botocore.auth
import botocore.session
import pytest

from anpr.adapters.aws.rds import DatabaseToken
from anpr.errors import Unavailable

HOST, USER = "anpr.cluster-abc.eu-central-1.rds.amazonaws.com", "anpr_app"


def test_a_token_is_what_amazons_own_client_makes(monkeypatch: pytest.MonkeyPatch) -> None:
    moment = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
    monkeypatch.setattr(botocore.auth, "get_current_datetime", lambda **_: moment.replace(tzinfo=None))
    client: Any = botocore.session.get_session().create_client("rds", region_name="eu-central-1")

    expected = client.generate_db_auth_token(DBHostname=HOST, Port=5432, DBUsername=USER)

    assert DatabaseToken(HOST, 5432, USER)() == expected
    assert "20260102T030405Z" in expected


def test_without_credentials_there_is_no_token(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", "/nonexistent")

    with pytest.raises(Unavailable, match="credentials"):
        DatabaseToken(HOST, 5432, USER)()
