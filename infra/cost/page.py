"""docs/cost.md: what of it is computed."""

import re
from dataclasses import replace
from typing import Final

from infra.cost.installed import PROD
from infra.cost.model import CostModel
from infra.cost.prices import PriceTable
from infra.cost.report import assumptions, price_list, report
from infra.cost.workload import Throughput, Workload
from infra.environments import ENVIRONMENTS
from infra.packaging import ROOT

PAGE: Final = ROOT / "docs" / "cost.md"
_SPEEDS: Final = (60, 120, 250, 500, 1000)


def updated(page: str) -> str:
    """Put the model's figures in the places that the page has for them.

    Args:
        page: Markdown with marks such as `<!-- prod -->` ... `<!-- end -->`.

    Raises:
        KeyError: there is no such place as a mark names.
    """
    made = {
        "prod": lambda: report("prod", Throughput()),
        "dev": lambda: report("dev", Throughput()),
        "speeds": _speeds,
        "assumptions": lambda: assumptions(Throughput()),
        "prices": price_list,
    }
    return re.sub(
        r"(<!-- (\w+) -->\n).*?(<!-- end -->)",
        lambda place: f"{place[1]}\n{made[place[2]]()}\n\n{place[3]}",
        page,
        flags=re.DOTALL,
    )


def _speeds() -> str:
    """What 1,000 hours cost by how fast a worker with a GPU is, and on plain processors."""
    prices, prod = PriceTable.read(), ENVIRONMENTS["prod"]
    gpu = CostModel(prices, prod, PROD)
    cpu = CostModel(prices, replace(prod, worker="cpu"), PROD)
    rows = ["| worker | frames a second | worker hours | workers | all |", "|---|---|---|---|---|"]
    for speed in _SPEEDS:
        month = Workload(1_000, throughput=Throughput(gpu_frames_per_s=speed))
        rows.append(_row(f"{prod.worker_instances[0]}, assumed", speed, gpu, month))
    month = Workload(1_000)
    rows.append(_row("4 vCPU, measured on two cores", month.throughput.cpu_frames_per_s, cpu, month))
    return "\n".join(rows)


def _row(name: str, speed: float, model: CostModel, month: Workload) -> str:
    bill = model.bill(month)
    return f"| {name} | {speed:g} | {model.worker_hours(month):,.0f} | {bill.of('Workers'):,.0f} | {bill.usd:,.0f} |"
