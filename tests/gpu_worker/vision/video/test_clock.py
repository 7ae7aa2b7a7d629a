from collections.abc import Sequence

import pytest

from gpu_worker.vision.video.clock import Clock, ClockKind

FILE = ClockKind(25.0, 1 / 90_000, broadcast=False)
BROADCAST = ClockKind(25.0, 1 / 90_000, broadcast=True)


def _run(kind: ClockKind, stamps: Sequence[float | None]) -> tuple[Clock, list[float], float]:
    clock = Clock(kind)
    ticks = [clock.tick(stamp) for stamp in stamps]
    return clock, [tick.time_s for tick in ticks], sum(tick.span_s for tick in ticks)


def _seconds(count: int, start: float = 0.0, spacing: float = 0.04) -> list[float]:
    return [start + i * spacing for i in range(count)]


@pytest.mark.parametrize("starts", [(1.4, 1.4), (9.0, 5.0, 1.0), (100.0, 3.0), (0.0, 40_000.0)])
def test_a_clock_that_is_set_anew_goes_on_from_the_last_frame(starts: tuple[float, ...]) -> None:
    stamps = [stamp for start in starts for stamp in _seconds(50, start)]
    clock, times, looked_s = _run(BROADCAST, stamps)
    assert times == pytest.approx(_seconds(len(stamps)))
    assert len(clock.restarts) == len(starts) - 1
    assert looked_s == pytest.approx(0.04 * len(stamps))


def test_frames_out_of_order_are_no_new_recording() -> None:
    clock, times, _ = _run(BROADCAST, [0.0, 0.08, 0.04, 0.12, 0.16])
    assert clock.restarts == []
    assert times == pytest.approx([0.0, 0.08, 0.08, 0.12, 0.16])


def test_the_counter_of_a_transport_stream_wraps_around() -> None:
    wrap = 2**33 / 90_000
    clock, times, _ = _run(BROADCAST, [(wrap - 0.4 + stamp) % wrap for stamp in _seconds(30)])
    assert clock.restarts == []
    assert times == pytest.approx(_seconds(30), abs=1e-4)


@pytest.mark.parametrize("stamp", [None, 0.0, 7.5])
def test_timestamps_that_tell_nothing_are_replaced_by_the_frame_rate(stamp: float | None) -> None:
    clock, times, looked_s = _run(FILE, [stamp] * 50)
    assert times == pytest.approx(_seconds(50))
    assert looked_s == pytest.approx(2.0)
    assert clock.estimated == 49


def test_a_time_scale_of_zero_is_no_time_lapse() -> None:
    clock, times, _ = _run(ClockKind(None, 1.0, broadcast=False), _seconds(50, 0.0, 512.0))
    assert times == pytest.approx(_seconds(50))
    assert clock.restarts == []


@pytest.mark.parametrize("spacing", [1.0, 10.0])
def test_a_time_lapse_is_believed(spacing: float) -> None:
    clock, times, looked_s = _run(ClockKind(1 / spacing, 1 / 1000, broadcast=False), _seconds(20, 0.0, spacing))
    assert times == pytest.approx(_seconds(20, 0.0, spacing))
    assert looked_s == pytest.approx(20 * spacing)
    assert (clock.restarts, clock.estimated) == ([], 0)


def test_a_pause_keeps_its_time_and_does_not_count() -> None:
    clock, times, looked_s = _run(FILE, [*_seconds(50), *_seconds(50, 600.0)])
    assert times[-1] == pytest.approx(600 + 49 * 0.04)
    assert looked_s == pytest.approx(4.0)
    assert clock.restarts == []


@pytest.mark.parametrize("stamps", [[0.0, 0.04, 10_000.0], [0.0, 10_000.0, 20_000.0], [0.0, 0.04, 1e12, 2e12]])
def test_three_frames_are_not_hours(stamps: list[float]) -> None:
    _, times, looked_s = _run(FILE, stamps)
    assert looked_s < 1
    assert times[-1] < 1
