"""What single pictures cost that are answered at once."""

from typing import Final

from infra.worker_sizes import READER_MEMORY_MIB
from lab.cost.prices import PriceTable
from lab.cost.workload import HOURS_A_MONTH, SECONDS_A_MONTH

_TAKES_S: Final = (0.05, 0.1, 0.2, 0.4)
_TASK_GB: Final = 2
_MILLION: Final = 1e6


def pictures(table: PriceTable) -> str:
    """Say what a million cost by how long the function takes for one, and how many a task of one core costs as much as.

    Returns:
        Markdown.
    """
    prices = table.prices
    task = HOURS_A_MONTH * (prices["fargate.vcpu"].usd + _TASK_GB * prices["fargate.memory"].usd)
    gateway = prices["apigateway.http"].usd
    rows = ["| a picture takes | x86 | arm64 | a task costs as much as |", "|---|---|---|---|"]
    for seconds in _TAKES_S:
        gb_s = _MILLION * seconds * READER_MEMORY_MIB / 1024
        x86, arm64 = (
            prices["lambda.requests"].usd + gb_s * prices[name].usd
            for name in ("lambda.duration.x86", "lambda.duration")
        )
        as_many = task / x86
        rows.append(
            f"| {seconds * 1000:.0f} ms | {gateway + x86:.2f} | {gateway + arm64:.2f} | "
            f"{as_many:,.1f} million a month, {_MILLION * as_many / SECONDS_A_MONTH:.1f} a second |"
        )
    return "\n".join(rows)
