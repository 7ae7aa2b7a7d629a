"""The days that are simulated, and the worlds in which they are."""

from dataclasses import dataclass, replace
from functools import cached_property
from typing import Final, Literal

from infra.environments import PROD
from infra.scaling import ScalingPolicy
from lab.cost.prices import PriceTable
from lab.cost.workload import Footage, Throughput
from lab.simulate.arrivals import Demand, day_of
from lab.simulate.cost import Rates
from lab.simulate.day import Day, World, simulate
from lab.simulate.fleet import FARGATE, GPU
from lab.simulate.rules import BacklogRule, Rule

_SEED: Final = 1

ON_GPU: Final = PROD.scaling
"""What a deployment has that says nothing else."""

ON_CPU: Final = replace(ON_GPU, jobs_per_worker=2)
"""A container takes two minutes to come up, in which another one reads a clip."""


@dataclass(frozen=True)
class Scenario:
    """A day.

    Attributes:
        name: of its picture's file.
        title: in words.
        kind: what workers run on.
        demand: what comes.
        policy: how many workers there are for it.
        no_spot: hours between which no spot capacity can be had.
    """

    name: str
    title: str
    kind: Literal["gpu", "cpu"]
    demand: Demand
    policy: ScalingPolicy
    no_spot: tuple[float, float] | None = None

    @cached_property
    def day(self) -> Day:
        """How it goes under the stack's own rule."""
        return self.under(BacklogRule(self.policy))

    @cached_property
    def rates(self) -> Rates:
        """What its workers cost."""
        table = PriceTable.read()
        return Rates.of_machine(PROD.worker_instances[0], table) if self.kind == "gpu" else Rates.of_container(table)

    @property
    def usd(self) -> float:
        """What its workers cost that day."""
        return self.rates.usd(self.day)

    def under(self, rule: Rule) -> Day:
        """How it goes under another rule."""
        speed, footage = Throughput(), Footage()
        frames_per_s = speed.gpu_frames_per_s if self.kind == "gpu" else speed.cpu_frames_per_s
        world = World(
            times=GPU if self.kind == "gpu" else FARGATE,
            footage_s_per_s=frames_per_s / footage.frames_per_s,
            no_spot=self.no_spot,
            seed=_SEED,
        )
        return simulate(day_of(self.demand, _SEED), rule, self.policy, world)


ORDINARY: Final = Scenario(
    "ordinary", "An ordinary day on GPUs", "gpu", Demand(uploads=300, minutes=5, burst=100), ON_GPU
)
NO_SPOT: Final = replace(ORDINARY, name="no-spot", title="No spot capacity from noon to four", no_spot=(12, 16))
SMALL: Final = Scenario("small", "A small customer, on CPUs", "cpu", Demand(uploads=80, minutes=5, burst=20), ON_CPU)
SHOWN: Final = (ORDINARY, NO_SPOT, SMALL)


def of_size(kind: Literal["gpu", "cpu"], footage_hours: float, most: int) -> Scenario:
    """A day of so much footage, without a burst.

    Args:
        kind: what workers run on.
        footage_hours: in the day.
        most: the most workers.
    """
    policy = replace(ON_GPU if kind == "gpu" else ON_CPU, most=most)
    demand = Demand(uploads=round(footage_hours * 60 / Footage().minutes_per_upload), minutes=5)
    return Scenario(f"{kind}-{footage_hours:g}", "", kind, demand, policy)
