from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import func, select, update

from anpr.db import Database
from anpr.errors import TooManyRequests
from anpr.identity import ratelimits
from anpr.identity.ratelimits import Allowance
from anpr.models import RateLimit

# Long enough that nothing comes back while a test runs.
FIVE_AN_HOUR = Allowance(5, timedelta(hours=1))


def take(database: Database, key: str = "search:user:1", times: int = 1) -> int:
    """Try `times` calls; return how many were let through."""
    through = 0
    for _ in range(times):
        try:
            with database.transaction() as session:
                ratelimits.take(session, key, FIVE_AN_HOUR)
            through += 1
        except TooManyRequests:
            pass
    return through


def let_pass(database: Database, time: timedelta) -> None:
    """Move every key's time back, which is what time's passing amounts to."""
    with database.transaction() as session:
        session.execute(update(RateLimit).values(whole_at=RateLimit.whole_at - time))


def test_an_allowance_may_be_used_at_once_and_no_further(database: Database) -> None:
    assert take(database, times=8) == 5


def test_a_refusal_says_when_to_come_back(database: Database) -> None:
    take(database, times=5)
    with database.transaction() as session, pytest.raises(TooManyRequests, match="try again in") as caught:
        ratelimits.take(session, "search:user:1", FIVE_AN_HOUR)
    assert caught.value.retry_after_s is not None
    assert 12 * 60 - 60 < caught.value.retry_after_s <= 12 * 60


def test_one_call_comes_back_after_its_share_of_the_period(database: Database) -> None:
    take(database, times=5)
    let_pass(database, timedelta(minutes=12))
    assert take(database, times=3) == 1
    let_pass(database, timedelta(hours=3))
    assert take(database, times=8) == 5


def test_refused_calls_do_not_prolong_the_wait(database: Database) -> None:
    take(database, times=50)
    let_pass(database, timedelta(minutes=12))
    assert take(database) == 1


def test_keys_do_not_share(database: Database) -> None:
    take(database, "login:account:a@example.org", times=5)
    assert take(database, "login:account:b@example.org") == 1


@pytest.mark.parametrize("key", ["login:account:" + "a" * 10_000, "login:account:\x00", "login:account:\u202e"])
def test_a_strange_account_name_is_limited_like_any(database: Database, key: str) -> None:
    assert take(database, key, times=8) == 5


def test_calls_at_the_same_time_share_one_allowance(database: Database) -> None:
    with ThreadPoolExecutor(4) as threads:
        through = sum(threads.map(lambda _: take(database, times=5), range(4)))
    assert through == 5


def test_a_call_that_is_given_back_did_not_count(database: Database) -> None:
    take(database, times=5)
    with database.transaction() as session:
        ratelimits.give_back(session, "search:user:1", FIVE_AN_HOUR)
    assert take(database, times=3) == 1


def test_a_forgotten_key_is_whole(database: Database) -> None:
    take(database, times=5)
    with database.transaction() as session:
        ratelimits.forget(session, "search:user:1")
    assert take(database, times=8) == 5


def test_only_keys_that_are_whole_are_pruned(database: Database) -> None:
    take(database, "old")
    let_pass(database, timedelta(hours=1))
    take(database, "new")
    with database.transaction() as session:
        assert ratelimits.prune(session, datetime.now(UTC)) == 1
        assert session.scalar(select(func.min(RateLimit.key))) == "new"


def test_a_key_that_is_remembered_is_so_for_its_time(database: Database) -> None:
    def remembered(key: str) -> bool:
        with database.transaction() as session:
            return ratelimits.is_remembered(session, key)

    assert remembered("known") is False
    with database.transaction() as session:
        ratelimits.remember(session, "known", lasting=timedelta(days=1))
        ratelimits.remember(session, "known", lasting=timedelta(days=30))
    assert remembered("known") is True
    assert remembered("other") is False
    let_pass(database, timedelta(days=29))
    assert remembered("known") is True
    let_pass(database, timedelta(days=2))
    assert remembered("known") is False
