"""What a month costs follows from what it holds, in figures that can be checked by hand."""

from dataclasses import replace

import pytest

from anpr.adapters.aws.idleness import DAILY_MINUTES
from infra.environments import PROD, Environment
from infra.scaling import ScalingPolicy
from lab.cost.installed import PROD as INSTALLED
from lab.cost.installed import Installed
from lab.cost.model import Bill, CostModel
from lab.cost.pictures import pictures
from lab.cost.prices import Price, PriceTable
from lab.cost.workload import Footage, Habits, Throughput, Workload

NOTHING = Installed(secrets=0, keys=0, alarm_metrics=0, dashboards=0, snapshot_gb=0, runs_a_month=0, gateways=0)


def bill(workload: Workload, environment: Environment = PROD, installed: Installed = INSTALLED) -> Bill:
    return CostModel(PriceTable.read(), environment, installed).bill(workload)


def line(made: Bill, driver: str) -> float:
    [found] = [one.usd for one in made.lines if one.driver == driver]
    return found


def test_a_month_without_video_is_what_stands_there_anyhow() -> None:
    idle = bill(Workload(0))

    assert idle.of("Footage and evidence") == 0
    assert line(idle, "g4dn.xlarge, spot") == line(idle, "g4dn.xlarge, on demand") == 0
    assert line(idle, "own keys") == 1
    assert line(idle, "secrets") == pytest.approx(5 * 0.40)
    # Some 6.2 GB of snapshots for a month of 2,628,000 seconds.
    assert line(idle, "snapshots, kept") == pytest.approx(6.23 * 2_628_000 * 0.0000015046)
    # Once a day, for the quarter of an hour of the sweeps and the five minutes until it pauses, at half a unit.
    assert line(idle, "capacity") == pytest.approx(730 / 24 * 20 / 60 * 0.5 * 0.12)


def test_workers_that_are_never_without_work_cost_what_the_work_takes() -> None:
    workload = Workload(100_000, throughput=Throughput(gpu_frames_per_s=250, use=1), habits=Habits(spot_share=1))

    made = bill(workload)

    # 25 frames a second of 100,000 hours, ten times as fast.
    assert line(made, "g4dn.xlarge, spot") == pytest.approx(10_000 * 0.526 * 0.4)
    assert line(made, "g4dn.xlarge, on demand") == 0
    assert line(made, "public addresses") == pytest.approx(10_000 * 0.005)


def test_cameras_that_stream_are_paid_for_all_day() -> None:
    """Five cameras, four a task: two tasks of four processors, and a database that never pauses."""
    made = bill(Workload(0, cameras=5))

    assert made.of("Live streams") == pytest.approx(2 * 730 * (4 * 0.04048 + 8 * 0.004445 + 0.005))
    assert line(made, "capacity") >= 730 * 0.5 * 0.12
    assert bill(Workload(0)).of("Live streams") == 0


def test_a_little_video_is_paid_for_by_the_waiting_around_it() -> None:
    """One clip a month: five minutes until a worker is up, half a minute of work, ten minutes until it goes."""
    workload = Workload(5 / 60, throughput=Throughput(gpu_frames_per_s=250, use=1))
    model = CostModel(PriceTable.read(), replace(PROD, scaling=ScalingPolicy(most=1, most_fallback=1)), NOTHING)

    assert model.worker_hours(workload) * 60 == pytest.approx(0.5 + 5 + 10)


def test_no_more_waiting_is_paid_for_than_there_is_time_in_a_month() -> None:
    workload = Workload(1_000, habits=Habits(spells_a_day=1000))
    model = CostModel(PriceTable.read(), PROD, NOTHING)

    assert model.worker_hours(workload) == pytest.approx(730)


def test_footage_is_paid_for_as_long_as_it_is_kept_and_can_be_got_back() -> None:
    workload = Workload(1_000, footage=Footage(gb_per_hour=1))
    month, week = (bill(workload, replace(PROD, upload_days=days, undelete_days=0)) for days in (30, 7))

    assert line(month, "footage, kept") == pytest.approx(1_000 * 0.023)
    assert line(week, "footage, kept") == pytest.approx(1_000 * 0.023 * 7 / 30)
    again = bill(workload, replace(PROD, upload_days=30, undelete_days=30))
    assert line(again, "footage, kept") == pytest.approx(2_000 * 0.023)


def test_a_second_instance_doubles_the_capacity_and_its_limit_holds() -> None:
    workload = Workload(100_000)
    one = line(bill(workload), "capacity")

    assert line(bill(workload, replace(PROD, database_standby=True)), "capacity") == pytest.approx(2 * one)
    limited = bill(workload, replace(PROD, database_max_acus=1))
    assert line(limited, "capacity") == pytest.approx(730 * 0.12)


def test_the_daily_run_is_as_long_as_the_backend_says() -> None:
    assert Habits().daily_minutes == DAILY_MINUTES


def test_sweeps_that_go_on_for_longer_keep_the_database_awake() -> None:
    short, long = (line(bill(Workload(10), replace(PROD, quiet_minutes=m)), "capacity") for m in (10, 40))

    spells = 120  # Twelve clips an hour, fewer than four spells a day.
    assert long - short == pytest.approx(min(spells, 4 * 730 / 24) * 30 / 60 * 0.12 * 0.5, rel=1e-3)


def test_containers_are_paid_for_by_processors_and_memory() -> None:
    workload = Workload(100_000, throughput=Throughput(cpu_frames_per_s=25, use=1), habits=Habits(spot_share=0))

    made = bill(workload, replace(PROD, worker="cpu"))

    assert line(made, "processors, on demand") == pytest.approx(100_000 * 4 * 0.04048)
    assert line(made, "memory, on demand") == pytest.approx(100_000 * 8 * 0.004445)
    assert not [one for one in made.lines if "g4dn" in one.driver]


def test_what_is_always_free_is_taken_off_unless_something_else_uses_it() -> None:
    prices, workload = PriceTable.read(), Workload(0)
    shared = CostModel(prices, PROD, INSTALLED, free_tier=False).bill(workload)

    assert line(shared, "dashboards") == 3
    assert line(bill(workload), "dashboards") == 0


@pytest.mark.parametrize("kind", ["gpu", "cpu"])
def test_more_video_never_costs_less(kind: str) -> None:
    environment = PROD if kind == "gpu" else replace(PROD, worker="cpu")
    sums = [bill(Workload(hours), environment).usd for hours in (0, 1, 10, 100, 1_000, 10_000, 100_000)]

    assert sums == sorted(sums)


def test_every_price_in_the_table_is_somebodys() -> None:
    """A price that nothing is paid by is a line that was forgotten, or a price that is not needed."""
    prices = PriceTable.read()
    asked: set[str] = set()

    class Watched(dict[str, Price]):
        def __getitem__(self, name: str) -> Price:
            asked.add(name)
            return super().__getitem__(name)

    table = replace(prices, prices=Watched(prices.prices))
    for kind in PROD.worker_instances:
        CostModel(table, replace(PROD, worker_instances=(kind,)), INSTALLED).bill(Workload(1))
    CostModel(table, replace(PROD, worker="cpu"), INSTALLED).bill(Workload(1))
    pictures(table)

    assert prices.prices.keys() == asked
