"""The function that starts the sweeps, with its own settings; the functions it starts are a list here."""

import json
from datetime import UTC, datetime

import pytest

from anpr.adapters.aws.settings import IdlenessSettings, SweepSettings
from functions.sweep_starter import handler as starter
from tests.lambda_context import lambda_context
from tests.memory import MemoryQueue


class Meter:
    """Says whether something has happened."""

    def __init__(self, *, active: bool) -> None:
        self._active = active

    def is_active(self, _since: datetime, _until: datetime) -> bool:
        return self._active


class Clock(datetime):
    """A clock that stands."""

    at: datetime

    @classmethod
    def now(cls, tz: object = None) -> datetime:  # type: ignore[override] # of a narrower type than the real one
        assert tz is UTC
        return cls.at


def run(monkeypatch: pytest.MonkeyPatch, at: datetime, *, active: bool) -> tuple[set[str], list[str]]:
    """Run once; give what was started, and what was put on the webhooks' queue."""
    # As the stack sets them.
    monkeypatch.setenv("ANPR_IDLE_API_ID", "abc")
    monkeypatch.setenv("ANPR_IDLE_QUEUES", '["jobs","hits"]')
    monkeypatch.setenv("ANPR_IDLE_QUIET", "PT30M")
    monkeypatch.setenv("ANPR_SWEEP_FUNCTIONS", '{"relay":1,"exports":5,"retention":5}')
    monkeypatch.setenv("ANPR_SWEEP_KEPT_ALIVE", '["identity:live","review:live"]')
    started: set[str] = set()
    queue = MemoryQueue()
    services = starter._Services(
        Meter(active=active).is_active, IdlenessSettings(), SweepSettings(), started.add, queue
    )
    monkeypatch.setattr(starter, "_services", lambda: services)
    monkeypatch.setattr(Clock, "at", at, raising=False)
    monkeypatch.setattr(starter, "datetime", Clock)
    report = starter.handler({}, lambda_context("sweep_starter"))
    assert set(report["started"]) == started
    return started, queue.waiting


NOON = datetime(2026, 5, 1, 12, 0, tzinfo=UTC)


def test_an_active_backend_is_swept_each_function_at_its_turn(monkeypatch: pytest.MonkeyPatch) -> None:
    started, webhooks = run(monkeypatch, NOON, active=True)
    assert started == {"relay", "exports", "retention"}
    assert [json.loads(body) for body in webhooks] == [{"sweep": True}]

    started, webhooks = run(monkeypatch, NOON.replace(minute=1), active=True)
    assert started == {"relay"}
    assert len(webhooks) == 1


def test_an_idle_backend_is_left_alone_but_for_once_a_day(monkeypatch: pytest.MonkeyPatch) -> None:
    assert run(monkeypatch, NOON, active=False) == (set(), [])

    started, webhooks = run(monkeypatch, NOON.replace(hour=3, minute=5), active=False)
    assert started == {"relay", "exports", "retention"}
    assert len(webhooks) == 1


def test_what_starts_from_a_snapshot_is_called_once_a_day(monkeypatch: pytest.MonkeyPatch) -> None:
    alive = {"identity:live", "review:live"}
    minutes = [NOON.replace(hour=hour, minute=minute) for hour in (2, 3, 4) for minute in (0, 1, 30)]

    called = [at for at in minutes if run(monkeypatch, at, active=True)[0] & alive == alive]

    assert called == [NOON.replace(hour=3)]
