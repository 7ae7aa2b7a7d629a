"""The cost model's figures as Markdown."""

from collections.abc import Sequence
from dataclasses import fields
from typing import Any, Final

from infra.environments import ENVIRONMENTS
from lab.cost.installed import DEV, PROD, Installed
from lab.cost.model import Bill, CostModel
from lab.cost.prices import PriceTable
from lab.cost.workload import HOURS_A_MONTH, Footage, Habits, Throughput, Workload

MONTHS: Final = (0, 10, 1_000, 100_000)
"""Video hours a month that are reported of."""

INSTALLED: Final[dict[str, Installed]] = {"dev": DEV, "prod": PROD}
_SHOWN_FROM_USD: Final = 0.005


def report(environment: str, throughput: Throughput, *, free_tier: bool = True) -> str:
    """Write an environment's bills and what they are made of.

    Args:
        environment: its name.
        throughput: how fast workers are.
        free_tier: whether the account has what is always free to itself.

    Returns:
        Markdown.
    """
    prices = PriceTable.read()
    model = CostModel(prices, ENVIRONMENTS[environment], INSTALLED[environment], free_tier=free_tier)
    months = [Workload(hours, throughput=throughput) for hours in MONTHS]
    bills = [model.bill(month) for month in months]
    return "\n".join(
        [
            f"Environment `{environment}`, {prices.region}, prices of {prices.written}, US dollars a month.",
            "",
            *_table(["", *(_named(hours) for hours in MONTHS)], _sums(bills)),
            "",
            *_table(
                ["", *(_named(hours) for hours in MONTHS)],
                [
                    ["worker hours", *(f"{model.worker_hours(month):,.1f}" for month in months)],
                    ["workers, on average", *(f"{model.worker_hours(month) / HOURS_A_MONTH:.1f}" for month in months)],
                    [
                        "US dollars a video hour",
                        *(_each(bill, month) for bill, month in zip(bills, months, strict=True)),
                    ],
                ],
            ),
            "",
            *_table(["part", "paid for", *(_named(hours) for hours in MONTHS)], _lines(bills)),
        ]
    )


def assumptions(throughput: Throughput) -> str:
    """List every assumption with its value, as Markdown."""
    rows = [
        [group, field.name.replace("_", " "), f"{getattr(value, field.name):g}"]
        for group, value in (("footage", Footage()), ("throughput", throughput), ("habits", Habits()))
        for field in fields(value)
    ]
    return "\n".join(_table(["of", "assumed", "value"], rows))


def price_list() -> str:
    """List every price with its source, as Markdown."""
    rows = [
        [name, f"{price.usd:.10f}".rstrip("0").rstrip("."), price.unit, f"{price.free_a_month:g}", _source(price)]
        for name, price in PriceTable.read().prices.items()
    ]
    return "\n".join(_table(["price", "US dollars", "a", "free a month", "source, and when it was seen there"], rows))


def _source(price: Any) -> str:
    return f"<{price.source}>, {price.seen or 'not compared'}"


def _named(hours: float) -> str:
    return "idle" if hours == 0 else f"{hours:,.0f} h"


def _each(bill: Bill, month: Workload) -> str:
    return "-" if month.video_hours == 0 else f"{bill.usd / month.video_hours:.3f}"


def _sums(bills: Sequence[Bill]) -> list[list[str]]:
    parts = [
        [part, *(_usd(bill.of(part)) for bill in bills)]
        for part in bills[0].parts
        if any(bill.of(part) >= _SHOWN_FROM_USD for bill in bills)
    ]
    return [*parts, ["**all**", *(f"**{_usd(bill.usd)}**" for bill in bills)]]


def _lines(bills: Sequence[Bill]) -> list[list[str]]:
    return [
        [lines[0].part, lines[0].driver, *(_usd(line.usd) for line in lines)]
        for lines in zip(*(bill.lines for bill in bills), strict=True)
        if max(line.usd for line in lines) >= _SHOWN_FROM_USD
    ]


def _usd(value: float) -> str:
    return f"{value:,.2f}"


def _table(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    return [
        "| " + " | ".join(heads) + " |",
        "|" + "---|" * len(heads),
        *("| " + " | ".join(row) + " |" for row in rows),
    ]
