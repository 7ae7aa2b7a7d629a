"""The simulated days in tables."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Final

from lab.cost.workload import DAYS_A_MONTH
from lab.simulate.day import Day
from lab.simulate.rules import TargetTrackingRule
from lab.simulate.scenarios import NO_SPOT, ORDINARY, SHOWN, SMALL, Scenario, of_size

BEGIN: Final = "<!-- simulated: python -m lab.simulate -->"
END: Final = "<!-- end of what was simulated -->"
_SIZES: Final = (10, 100, 1000, 3000, 10_000)
"""Hours of footage a month."""


def quantile(values: Iterable[float], share: float) -> float:
    """The value that a share of all does not exceed."""
    ordered = sorted(values)
    return ordered[max(0, math.ceil(share * len(ordered)) - 1)]


def markdown(folder: str) -> str:
    """Make all tables, with the pictures.

    Args:
        folder: where the pictures are, as seen from the page.
    """
    parts = [_days(), *(f"![{day.title}]({folder}/{day.name}.png)" for day in SHOWN), _settings(), _usual(), _kinds()]
    return "\n\n".join(parts)


def _days() -> str:
    rows = [
        (
            scenario.title,
            f"{len(scenario.day.reads)}",
            f"{_footage_hours(scenario.day):.0f}",
            *_waits(scenario.day),
            *_hours(scenario.day),
            f"{scenario.usd:.2f}",
            f"{scenario.day.given_back}",
        )
        for scenario in SHOWN
    ]
    heads = ("day", "clips", "footage h", "wait p50", "p95", "longest", "spot h", "on demand h", "USD", "begun again")
    return _table(heads, rows)


def _settings() -> str:
    """One number changed at a time, beside what is in use."""
    tries: list[tuple[str, Scenario, list[dict[str, int]]]] = [
        ("ordinary", ORDINARY, [{"jobs_per_worker": number} for number in (1, 2, 5, 10, 20, 40)]),
        ("small", SMALL, [{"jobs_per_worker": number} for number in (1, 2, 4, 8)]),
        ("ordinary", ORDINARY, [{"rest_minutes": number} for number in (2, 5, 10, 20, 40)]),
        ("ordinary", ORDINARY, [{"most": number} for number in (1, 2, 4, 8)]),
        ("no spot", NO_SPOT, [{"patience_minutes": number} for number in (5, 10, 15, 30)]),
        ("no spot", NO_SPOT, [{"most_fallback": number} for number in (1, 2, 4)]),
    ]
    rows = []
    for name, scenario, changes in tries:
        for change in changes:
            ((setting, number),) = change.items()
            tried = replace(scenario, policy=replace(scenario.policy, **change))
            used = getattr(scenario.policy, setting) == number
            label = f"**{number}**" if used else f"{number}"
            rows.append((name, setting, label, *_waits(tried.day), *_hours(tried.day), f"{tried.usd:.2f}"))
    heads = ("day", "setting", "value", "wait p50", "p95", "longest", "spot h", "on demand h", "USD")
    return _table(heads, rows)


def _usual() -> str:
    rows = []
    for scenario in (ORDINARY, NO_SPOT):
        usual = scenario.under(TargetTrackingRule(scenario.policy))
        for name, day in (("the stack's", scenario.day), ("target tracking", usual)):
            rows.append((scenario.title, name, *_waits(day), *_hours(day), f"{scenario.rates.usd(day):.2f}"))
    return _table(("day", "rule", "wait p50", "p95", "longest", "spot h", "on demand h", "USD"), rows)


def _kinds() -> str:
    rows = []
    for size in _SIZES:
        for kind in ("gpu", "cpu"):
            made = of_size("gpu" if kind == "gpu" else "cpu", size / DAYS_A_MONTH, _most(kind, size))
            monthly = made.usd * DAYS_A_MONTH
            rows.append(
                (
                    f"{size:,}",
                    kind.upper(),
                    f"{made.policy.most}",
                    *_waits(made.day),
                    f"{sum(map(float, _hours(made.day))) * DAYS_A_MONTH:,.0f}",
                    f"{monthly:,.0f}",
                    f"{monthly / size:.3f}",
                )
            )
    heads = (
        "footage h a month",
        "on",
        "most",
        "wait p50",
        "p95",
        "longest",
        "worker h a month",
        "USD a month",
        "USD a footage h",
    )
    return _table(heads, rows)


def _most(kind: str, size: int) -> int:
    """Half as many workers again as the busiest hour of the day keeps at work, a tenth of the day's footage."""
    busiest = size / DAYS_A_MONTH * 0.1
    return max(2, math.ceil(1.5 * busiest / (10 if kind == "gpu" else 2.2)))


def _footage_hours(day: Day) -> float:
    return sum(read.upload.footage_s for read in day.reads) / 3600


def _waits(day: Day) -> tuple[str, str, str]:
    """Minutes."""
    waits = [read.wait_s / 60 for read in day.reads]
    return f"{quantile(waits, 0.5):.1f}", f"{quantile(waits, 0.95):.1f}", f"{max(waits):.1f}"


def _hours(day: Day) -> tuple[str, str]:
    last = day.minutes[-1]
    return f"{last.paid_spot_s / 3600:.1f}", f"{last.paid_fallback_s / 3600:.1f}"


def _table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [heads, ["---"] * len(heads), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)
