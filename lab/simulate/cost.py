"""What simulated machine time costs, by the price table of the cost model."""

from dataclasses import dataclass

from infra.worker_sizes import CPUS, DISK_GIB, DISK_MIB_PER_S, FARGATE_MEMORY_MIB
from lab.cost.prices import PriceTable
from lab.cost.workload import HOURS_A_MONTH, Habits
from lab.simulate.day import Day

_INCLUDED_MIB_PER_S = 125
"""Of a gp3 volume's throughput, what its price includes."""


@dataclass(frozen=True, slots=True)
class Rates:
    """US dollars an hour of one worker, with its disk and its public address."""

    spot: float
    on_demand: float

    @classmethod
    def of_machine(cls, kind: str, table: PriceTable) -> "Rates":
        """A machine of EC2."""
        prices = table.prices
        disk = (
            DISK_GIB * prices["ebs.gp3"].usd + (DISK_MIB_PER_S - _INCLUDED_MIB_PER_S) * prices["ebs.gp3.throughput"].usd
        )
        return cls._with(prices[f"ec2.{kind}"].usd, disk / HOURS_A_MONTH + prices["ipv4"].usd)

    @classmethod
    def of_container(cls, table: PriceTable) -> "Rates":
        """A container of Fargate."""
        prices = table.prices
        memory = FARGATE_MEMORY_MIB / 1024 * prices["fargate.memory"].usd
        return cls._with(CPUS * prices["fargate.vcpu"].usd + memory, prices["ipv4"].usd)

    @classmethod
    def _with(cls, listed: float, extras: float) -> "Rates":
        return cls(listed * (1 - Habits().spot_discount) + extras, listed + extras)

    def usd(self, day: Day) -> float:
        """What a day cost."""
        last = day.minutes[-1]
        return (last.paid_spot_s * self.spot + last.paid_fallback_s * self.on_demand) / 3600
