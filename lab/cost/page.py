"""docs/cost.md and docs/scale.md: what of them is computed."""

import re
from dataclasses import replace
from typing import Final

from infra.environments import ENVIRONMENTS
from infra.packaging import ROOT
from lab.cost.installed import PROD
from lab.cost.model import CostModel
from lab.cost.pictures import pictures
from lab.cost.prices import PriceTable
from lab.cost.report import assumptions, price_list, report
from lab.cost.workload import HOURS_A_MONTH, SECONDS_A_MONTH, Throughput, Workload

PAGES: Final = (ROOT / "docs" / "cost.md", ROOT / "docs" / "scale.md")
_LOADS: Final = (1_000, 10_000, 100_000, 1_000_000, 10_000_000)
_CAMERAS: Final = (1, 4, 16, 100)
_SPEEDS: Final = (60, 120, 250, 500, 1000)


def updated(page: str) -> str:
    """Put the model's figures in the places that a page has for them.

    Args:
        page: Markdown with marks such as `<!-- prod -->` ... `<!-- end -->`.

    Raises:
        KeyError: there is no such place as a mark names.
    """
    made = {
        "prod": lambda: report("prod", Throughput()),
        "dev": lambda: report("dev", Throughput()),
        "speeds": _speeds,
        "loads": _loads,
        "streams": _streams,
        "pictures": lambda: pictures(PriceTable.read()),
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


def _streams() -> str:
    """What cameras cost that stream all day, without any uploads, with the settings of production."""
    model = CostModel(PriceTable.read(), ENVIRONMENTS["prod"], PROD)
    parts = ("Live streams", "Database", "Footage and evidence")
    heads = ("cameras", "tasks", *(part.lower() for part in parts), "all", "a camera")
    rows = ["| " + " | ".join(heads) + " |", "|---" * len(heads) + "|"]
    for cameras in _CAMERAS:
        month = Workload(0, cameras=cameras)
        bill = model.bill(month)
        figures = (*(bill.of(part) for part in parts), bill.usd, bill.usd / cameras)
        cells = (str(cameras), str(model.stream_tasks(month)), *(f"{usd:,.0f}" for usd in figures))
        rows.append("| " + " | ".join(cells) + " |")
    return "\n".join(rows)


def _loads() -> str:
    """What comes each second and what is kept, by how much video there is, with the settings of production."""
    prod = replace(ENVIRONMENTS["prod"], database_max_acus=256)
    model = CostModel(PriceTable.read(), prod, PROD)
    heads = ("video hours", "uploads / s", "passages / s", "passages kept", "as GB", "footage kept", "workers", "USD")
    rows = ["| " + " | ".join(heads) + " |", "|---" * len(heads) + "|"]
    for hours in _LOADS:
        month = Workload(hours)
        kept = month.passages * prod.event_days / 30
        cells = (
            f"{hours:,}",
            f"{month.uploads / SECONDS_A_MONTH:,.2f}",
            f"{month.passages / SECONDS_A_MONTH:,.1f}",
            f"{kept / 1e6:,.1f} M",
            f"{kept * month.habits.database_kb_per_passage / 1e6:,.0f} GB",
            f"{hours * month.footage.gb_per_hour * prod.upload_days / 30 / 1000:,.1f} TB",
            f"{model.worker_hours(month) / HOURS_A_MONTH:,.1f}",
            f"{model.bill(month).usd:,.0f}",
        )
        rows.append("| " + " | ".join(cells) + " |")
    return "\n".join(rows)


def _row(name: str, speed: float, model: CostModel, month: Workload) -> str:
    bill = model.bill(month)
    return f"| {name} | {speed:g} | {model.worker_hours(month):,.0f} | {bill.of('Workers'):,.0f} | {bill.usd:,.0f} |"
