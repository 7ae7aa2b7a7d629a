from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path
from uuid import UUID

import httpx
import pytest
from click import BadParameter

from anpr_client.calls import Call, RetryPolicy, error_of, is_here, path_of, plain, read, retry_after_s
from anpr_client.cli.times import moment
from anpr_client.credentials import Profile, ProfileFile
from anpr_client.errors import AnprError, ApiError, UnexpectedAnswer
from anpr_client.models import Tokens, User

GET = Call(method="GET", path="/x")
POST = Call(method="POST", path="/x")


def answer(status: int, **headers: str) -> httpx.Response:
    told = {name.replace("_", "-"): value for name, value in headers.items()}
    return httpx.Response(status, headers=told, request=httpx.Request("GET", "https://x.example/x"))


@pytest.mark.parametrize(
    ("call", "status", "headers", "again"),
    [
        (GET, 429, {}, True),
        (POST, 429, {}, True),
        (GET, 503, {}, True),
        (POST, 503, {}, False),
        (POST, 503, {"retry_after": "1"}, True),
        (Call(method="POST", path="/x", repeatable=True), 503, {}, True),
        (GET, 504, {}, True),
        (GET, 500, {}, False),
        (GET, 404, {}, False),
        (GET, 429, {"retry_after": "3600"}, False),
    ],
)
def test_what_is_tried_again(call: Call, status: int, headers: dict[str, str], again: bool) -> None:
    assert (RetryPolicy().after_answer(call, answer(status, **headers), 1) is not None) is again


def test_what_is_tried_again_after_a_loss() -> None:
    policy = RetryPolicy(tries=3)
    broken, never_sent = httpx.ReadError("broken"), httpx.ConnectError("refused")
    assert policy.after_loss(GET, broken, 1) is not None
    assert policy.after_loss(POST, broken, 1) is None
    assert policy.after_loss(POST, never_sent, 1) is not None
    assert policy.after_loss(GET, broken, 3) is None


def test_pauses_grow_are_bounded_and_no_shorter_than_asked_for() -> None:
    policy = RetryPolicy(tries=99, first_pause_s=1, longest_pause_s=8)
    for tried, most in ((1, 1), (2, 2), (3, 4), (4, 8), (20, 8)):
        drawn = {policy.pause_s(tried) or 0 for _ in range(50)}
        assert len(drawn) > 10
        assert most / 2 <= min(drawn) <= max(drawn) <= most
    asked = policy.pause_s(1, 7)
    assert asked is not None
    assert asked >= 7


def test_retry_after_is_seconds_or_a_date() -> None:
    assert retry_after_s(answer(503, retry_after="7")) == 7
    soon = retry_after_s(
        answer(503, retry_after=format_datetime(datetime.now(UTC) + timedelta(seconds=60), usegmt=True))
    )
    assert soon is not None
    assert 50 < soon <= 60
    assert retry_after_s(answer(503, retry_after="Sun, 01 Mar 2020 08:00:00 GMT")) == 0
    assert retry_after_s(answer(503, retry_after="soon")) is None
    assert retry_after_s(answer(503)) is None


def test_an_error_without_a_problem_document_is_told_all_the_same() -> None:
    page = httpx.Response(502, text="<html>Bad\n gateway</html>")
    gateway = httpx.Response(503, json={"message": "Service Unavailable"})
    assert str(error_of(page)) == "The answer had status 502: <html>Bad gateway</html>"
    assert str(error_of(gateway)) == "Service Unavailable"
    assert type(error_of(httpx.Response(418, json={"detail": "a teapot"}))) is ApiError


def test_an_answer_of_another_shape_is_told() -> None:
    page = httpx.Response(200, text="<html>", request=httpx.Request("GET", "https://x.example/users/me"))
    with pytest.raises(UnexpectedAnswer, match="GET /users/me answered something else"):
        read(page, User)


def test_paths_are_quoted_and_values_made_plain() -> None:
    one = UUID(int=1)
    assert path_of("events", "a/../b?c") == "/events/a%2F..%2Fb%3Fc"
    assert plain({"a": one, "b": [AT], "c": {one}}) == {"a": str(one), "b": [AT.isoformat()], "c": [str(one)]}
    assert [is_here(url) for url in ("http://127.0.0.1:1", "http://a.localhost", "https://localhost.example")] == [
        True,
        True,
        False,
    ]


AT = datetime(2026, 3, 1, 8, tzinfo=UTC)


def test_times_are_read_as_people_type_them() -> None:
    now = datetime.now(UTC)
    assert moment("2026-03-01T08:00:00Z") == AT
    assert moment("2026-03-01T10:00+02:00") == AT
    assert moment("2026-03-01T08:00", UTC) == AT
    assert moment("2026-03-01T08:00") == datetime(2026, 3, 1, 8).astimezone()
    assert timedelta(minutes=89) < now - moment("90m") < timedelta(minutes=91)
    assert timedelta(days=6) < now - moment("1w") < timedelta(days=8)
    with pytest.raises(BadParameter, match="no time"):
        moment("yesterday")


def test_a_kept_login_is_its_owners_alone_and_is_replaced_whole(tmp_path: Path) -> None:
    file = ProfileFile(tmp_path / "deep" / "login.json")
    tokens = Tokens(access_token="a", refresh_token="r", token_type="Bearer", expires_in=900)
    assert file.read() is None
    file.save(tokens)
    assert file.read() is None
    file.write(Profile(url="https://x.example", email="ana@example.org"))
    with file.lock():
        file.save(tokens)

    assert file.load() == tokens
    assert file.path.stat().st_mode & 0o777 == 0o600
    assert [path.name for path in file.path.parent.iterdir()] == ["login.json"]
    file.path.write_text("{")
    with pytest.raises(AnprError, match="damaged"):
        file.read()
    file.forget()
    assert file.load() is None
