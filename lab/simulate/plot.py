"""A simulated day as a picture."""

from pathlib import Path
from typing import Final

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from lab.simulate.day import Minute
from lab.simulate.scenarios import Scenario

_SIZE_INCHES: Final = (9.0, 9.0)
_DPI: Final = 80
_BLUE, _ORANGE, _GREY, _GREEN = "#1f6fb0", "#d9822b", "#888888", "#3a8f5c"


def draw(scenario: Scenario, file: Path) -> None:
    """Write a PNG of backlog, workers, waiting times and cost through the day.

    Args:
        scenario: the day.
        file: where to.
    """
    day, rates = scenario.day, scenario.rates
    hours = [number / 60 for number in range(len(day.minutes))]
    with mpl.rc_context({"font.size": 9, "axes.spines.top": False, "axes.spines.right": False}):
        figure = Figure(figsize=_SIZE_INCHES, layout="constrained")
        backlog, workers, waits, cost = figure.subplots(4, 1, sharex=True)
        _areas(backlog, hours, day.minutes)
        backlog.set_ylabel("jobs")
        workers.step(hours, [minute.meant for minute in day.minutes], color=_GREY, linewidth=1, label="meant to be")
        workers.step(hours, [minute.sample.spot for minute in day.minutes], color=_BLUE, label="up, on spot capacity")
        workers.step(hours, [minute.sample.fallback for minute in day.minutes], color=_ORANGE, label="up, on demand")
        workers.set_ylabel("workers")
        at = [read.upload.at_s / 3600 for read in day.reads]
        waits.scatter(at, [read.wait_s / 60 for read in day.reads], s=6, color=_BLUE)
        waits.axhline(scenario.policy.patience_minutes, color=_GREY, linewidth=1, linestyle="--", label="patience")
        waits.set_ylabel("minutes waited")
        spent = [
            (minute.paid_spot_s * rates.spot + minute.paid_fallback_s * rates.on_demand) / 3600
            for minute in day.minutes
        ]
        cost.plot(hours, spent, color=_GREEN)
        cost.set_ylabel("US dollars so far")
        cost.set_xlabel("hour of the day")
        for axes in (backlog, workers, waits):
            axes.legend(loc="upper left", frameon=False)
        for axes in (backlog, workers, waits, cost):
            axes.set_ylim(bottom=0)
            axes.set_xlim(0, max(24, hours[-1]))
            if scenario.no_spot is not None:
                axes.axvspan(*scenario.no_spot, color=_GREY, alpha=0.15, linewidth=0)
        figure.suptitle(scenario.title)
        figure.savefig(file, dpi=_DPI)


def _areas(axes: Axes, hours: list[float], minutes: list[Minute]) -> None:
    waiting = [minute.sample.waiting for minute in minutes]
    running = [minute.sample.running for minute in minutes]
    axes.stackplot(hours, running, waiting, labels=["read", "waiting"], colors=[_GREEN, _ORANGE], alpha=0.8)
