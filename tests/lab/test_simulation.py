"""The simulated days: nothing is lost in them, nobody is paid for nothing, and the page says what they say."""

import struct
from dataclasses import replace
from pathlib import Path

import pytest

from infra.scaling import ScalingPolicy
from lab.cost.prices import PriceTable
from lab.simulate.__main__ import PAGE, with_tables
from lab.simulate.arrivals import DAY_S, Demand, Upload, day_of
from lab.simulate.cost import Rates
from lab.simulate.day import World, simulate
from lab.simulate.fleet import FARGATE, GPU, Fleet
from lab.simulate.plot import draw
from lab.simulate.report import markdown, quantile
from lab.simulate.rules import BacklogRule, Sample, TargetTrackingRule, Wish
from lab.simulate.scenarios import NO_SPOT, ORDINARY, SHOWN, SMALL, Scenario

POLICY = ScalingPolicy(most=4, most_fallback=2)
QUIET = World(GPU, footage_s_per_s=10, lost_per_hour=0)


def sample(*, waiting: int = 0, running: int = 0, oldest_s: float = 0, spot: int = 0) -> Sample:
    return Sample(waiting, running, oldest_s, spot, fallback=0)


def test_a_day_is_drawn_as_it_is_asked_for() -> None:
    demand = Demand(uploads=2000, minutes=5, burst=50, burst_hour=13)
    uploads = day_of(demand, seed=3)

    assert uploads == day_of(demand, seed=3)
    assert uploads != day_of(demand, seed=4)
    assert len(uploads) == 2050
    assert [upload.at_s for upload in uploads] == sorted(upload.at_s for upload in uploads)
    assert uploads[0].at_s >= 0
    assert uploads[-1].at_s < DAY_S
    assert sum(upload.footage_s for upload in uploads) / 3600 == pytest.approx(demand.footage_hours, rel=0.1)
    assert sum(13 * 3600 <= upload.at_s < 13 * 3600 + 300 for upload in uploads) >= 50


@pytest.mark.parametrize("scenario", SHOWN, ids=lambda scenario: scenario.name)
def test_every_upload_is_read_once_whatever_is_taken_away(scenario: Scenario) -> None:
    uploads = sorted(read.upload.at_s for read in scenario.day.reads)

    assert uploads == [upload.at_s for upload in day_of(scenario.demand, 1)]
    assert min(read.wait_s for read in scenario.day.reads) >= 0


@pytest.mark.parametrize("times", [GPU, FARGATE], ids=["machines", "containers"])
def test_a_day_without_uploads_costs_nothing(times: object) -> None:
    assert times in (GPU, FARGATE)
    day = simulate([], BacklogRule(POLICY), POLICY, replace(QUIET, times=GPU if times is GPU else FARGATE))

    assert (day.minutes[-1].paid_spot_s, day.minutes[-1].paid_fallback_s) == (0, 0)
    assert {minute.meant for minute in day.minutes} == {0}


def test_the_first_upload_brings_a_worker_up_and_the_last_lets_it_go() -> None:
    day = simulate([Upload(at_s=3600, footage_s=300)], BacklogRule(POLICY), POLICY, QUIET)

    (read,) = day.reads
    least = GPU.metric_s + GPU.order_s + GPU.boot_s + GPU.pull_s + GPU.load_s
    assert least <= read.wait_s <= least + 3 * 60
    # Two machines, though one worker: each for fifteen minutes at least, and none for long after the worker's rest.
    assert max(minute.sample.spot for minute in day.minutes) == 1
    assert 2 * 15 * 60 <= day.minutes[-1].paid_spot_s <= 2 * 45 * 60
    assert day.minutes[-1].meant == 0


def test_workers_on_demand_come_only_when_spot_capacity_does_not() -> None:
    light = Demand(uploads=100, minutes=5)
    calm = simulate(day_of(light, 1), BacklogRule(POLICY), POLICY, QUIET)
    scarce = simulate(day_of(light, 1), BacklogRule(POLICY), POLICY, replace(QUIET, no_spot=(12, 16)))

    assert calm.minutes[-1].paid_fallback_s == 0
    up = [hour for hour, one in ((i / 60, m) for i, m in enumerate(scarce.minutes)) if one.sample.fallback]
    assert 12.25 < min(up) < 16
    # They stay while they are needed, and go within the hour that follows.
    assert max(up) < 17
    # Spot workers are not there in those hours.
    assert {m.sample.spot for m in scarce.minutes[12 * 60 + 1 : 16 * 60]} == {0}
    assert max(read.wait_s for read in scarce.reads) < 45 * 60


def test_the_usual_rule_waits_for_spot_capacity_to_come_back() -> None:
    longest = {
        name: max(read.wait_s for read in NO_SPOT.under(rule).reads)
        for name, rule in (("ours", BacklogRule(POLICY)), ("usual", TargetTrackingRule(POLICY)))
    }

    assert longest["usual"] > 3 * longest["ours"]


def test_a_worker_is_kept_for_as_long_as_there_is_work_and_ten_minutes() -> None:
    rule = BacklogRule(POLICY)

    assert rule.decide(sample(waiting=1), 0).spot == 1
    assert [rule.decide(sample(), 1).spot for _ in range(10)] == [None] * 9 + [0]
    assert rule.decide(sample(running=1), 1).spot == 1
    assert rule.decide(sample(), 1).spot is None


def test_workers_on_demand_need_three_late_minutes_and_stay_until_spot_is_enough() -> None:
    rule = BacklogRule(POLICY)
    late = sample(waiting=1, oldest_s=15 * 60)

    assert [rule.decide(late, 1).fallback for _ in range(4)] == [None, None, 1, 1]
    # One of them has the job now: nobody waits, and spot capacity still owes a worker.
    taken = sample(running=1, oldest_s=20 * 60)
    assert {rule.decide(taken, 1).fallback for _ in range(30)} == {None}
    made_up = sample(running=1, oldest_s=20 * 60, spot=1)
    assert [rule.decide(made_up, 1).fallback for _ in range(20)] == [None] * 19 + [0]


def test_the_usual_rule_follows_the_load_of_a_running_worker() -> None:
    rule = TargetTrackingRule(replace(POLICY, jobs_per_worker=2))

    assert rule.decide(sample(waiting=1), 0) == Wish(1, 0)
    assert [rule.decide(sample(waiting=6, spot=1), 1).spot for _ in range(3)] == [None, None, 3]
    assert [rule.decide(sample(spot=3), 3).spot for _ in range(15)][-1] == 0


def test_who_works_is_not_ended_once_it_is_protected() -> None:
    fleet = Fleet(FARGATE, most=2, available=lambda _now: True, meant=2)
    fleet.reconcile(0)
    fresh, protected = fleet.up(1000)
    fresh.upload, fresh.began = Upload(0, 60), 990
    protected.upload, protected.began = Upload(1, 60), 900

    fleet.meant = 0
    given_back = fleet.reconcile(1000)

    assert given_back == [Upload(0, 60)]
    assert fleet.workers == [protected]


def test_who_is_idle_is_ended_before_who_works() -> None:
    fleet = Fleet(FARGATE, most=2, available=lambda _now: True, meant=2)
    fleet.reconcile(0)
    busy = fleet.up(1000)[0]
    busy.upload, busy.began = Upload(0, 60), 995

    fleet.meant = 1

    assert fleet.reconcile(1000) == []
    assert fleet.workers == [busy]


def test_a_day_that_is_never_done_is_an_error() -> None:
    class Nobody:
        def decide(self, sample: Sample, meant: int) -> Wish:
            return Wish()

    with pytest.raises(RuntimeError, match="not done"):
        simulate([Upload(0, 60)], Nobody(), POLICY, QUIET)


def test_a_machine_costs_its_price_its_disk_and_its_address() -> None:
    table = PriceTable.read()
    rates = Rates.of_machine("g4dn.xlarge", table)

    assert table.prices["ec2.g4dn.xlarge"].usd < rates.on_demand < table.prices["ec2.g4dn.xlarge"].usd * 1.1
    assert 0.3 < rates.spot / rates.on_demand < 0.6
    assert Rates.of_container(table).spot < rates.spot
    last = ORDINARY.day.minutes[-1]
    assert ORDINARY.usd == pytest.approx(last.paid_spot_s / 3600 * ORDINARY.rates.spot)


@pytest.mark.parametrize(("share", "value"), [(0.5, 2), (0.75, 3), (0.95, 4), (1.0, 4), (0.0, 1)])
def test_a_quantile_is_one_of_the_values(share: float, value: float) -> None:
    assert quantile([4, 1, 3, 2], share) == value


def test_the_page_says_what_is_simulated() -> None:
    page = PAGE.read_text()

    assert with_tables(page, markdown("scaling")) == page, "run python -m lab.simulate"


def test_a_page_without_marks_is_refused() -> None:
    with pytest.raises(ValueError, match="no <!-- simulated"):
        with_tables("# Scaling", "tables")


@pytest.mark.parametrize("scenario", [SMALL, NO_SPOT], ids=lambda scenario: scenario.name)
def test_a_day_is_drawn_as_a_picture(tmp_path: Path, scenario: Scenario) -> None:
    draw(scenario, tmp_path / "day.png")

    content = (tmp_path / "day.png").read_bytes()
    assert content.startswith(b"\x89PNG")
    width, height = struct.unpack(">II", content[16:24])
    assert (width, height) == (720, 720)
    assert len(content) > 20_000


@pytest.mark.parametrize("scenario", SHOWN, ids=lambda scenario: scenario.name)
def test_the_page_has_its_pictures(scenario: Scenario) -> None:
    assert (PAGE.with_suffix("") / f"{scenario.name}.png").read_bytes().startswith(b"\x89PNG")
