"""The benchmark's results as Markdown. Pure functions."""

from collections.abc import Sequence
from itertools import chain, pairwise

from lab.bench.measure import ClipResult, SetResult, Stages
from lab.bench.outcomes import ClipOutcome, PlateOutcome, confusions
from lab.bench.statistics import paired, wilson
from lab.bench.stopwatch import Stopwatch

_WIDTHS = (0, 60, 80, 100, 130, 180, 10_000)
_CONFUSIONS = 15


def table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Lay rows out as a Markdown table."""
    lines = [header, ["---"] * len(header), *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines) + "\n"


def accuracy(results: Sequence[SetResult]) -> str:
    """Compare the arms set by set, and on all sets together; the first arm is the one that others are paired with."""
    header = ["set", "reader", "plates", "exact (95 %)", "any", "O=0, I=1", "character errors"]
    header += ["won / lost by the first", "p", "the first's gain (95 %)"]
    names = list(results[0].outcomes)
    together = {name: list(chain.from_iterable(r.outcomes[name] for r in results)) for name in names}
    groups = [(result.name, result.outcomes) for result in results]
    if len(results) > 1:
        groups.append(("all", together))
    rows = []
    for group, outcomes in groups:
        first = outcomes[names[0]]
        rows += [_accuracy_row(group, name, outcomes[name], first) for name in names if first]
    return table(header, rows)


def _accuracy_row(group: str, name: str, plates: Sequence[PlateOutcome], first: Sequence[PlateOutcome]) -> list[str]:
    count, exact = len(plates), sum(plate.exact for plate in plates)
    low, high = wilson(exact, count)
    errors = sum(plate.edits for plate in plates) / max(1, sum(len(plate.plate) for plate in plates))
    row = [group, name, str(count), f"{exact / count:.3f} ({low:.3f}-{high:.3f})"]
    row += [f"{sum(p.listed for p in plates) / count:.3f}", f"{sum(p.folded for p in plates) / count:.3f}"]
    row.append(f"{errors:.3f}")
    if plates is first:
        return [*row, "", "", ""]
    compared = paired([p.exact for p in first], [p.exact for p in plates])
    gain = f"{compared.difference:+.3f} ({compared.low:+.3f} to {compared.high:+.3f})"
    return [*row, f"{compared.won} / {compared.lost}", f"{compared.p:.2g}", gain]


def recall_by_width(results: Sequence[SetResult]) -> list[tuple[str, list[tuple[str, int, int]]]]:
    """Count found plates by their width.

    Returns:
        For each set with boxes in its truth: (range of widths in px, plates, found) of each range that has any.
    """
    sets = []
    for result in results:
        plates = [p for p in next(iter(result.outcomes.values())) if p.width is not None]
        ranges = []
        for low, high in pairwise(_WIDTHS):
            inside = [p for p in plates if p.width is not None and low <= p.width < high]
            name = f"{low}-{high}" if high < _WIDTHS[-1] else f"{low}+"
            if inside:
                ranges.append((name, len(inside), sum(bool(p.found) for p in inside)))
        if ranges:
            sets.append((result.name, ranges))
    return sets


def recall(results: Sequence[SetResult]) -> str:
    """Lay the detector's recall out by plate width."""
    rows = []
    for name, ranges in recall_by_width(results):
        total = ("all", sum(count for _, count, _ in ranges), sum(found for *_, found in ranges))
        for width, count, found in [*ranges, total]:
            low, high = wilson(found, count)
            rows.append([name, width, str(count), f"{found / count:.3f} ({low:.3f}-{high:.3f})"])
    return table(("set", "plate width, px", "plates", "found (95 %)"), rows)


def countries(results: Sequence[SetResult], arm: str) -> str:
    """Count how often one arm names a plate's country, and rightly."""
    rows = []
    for result in results:
        plates = [plate for plate in result.outcomes[arm] if plate.country is not None]
        named = [plate for plate in plates if plate.named is not None]
        right = sum(plate.named == plate.country for plate in named)
        low, high = wilson(right, len(named)) if named else (0.0, 1.0)
        if plates:
            rows.append(
                [result.name, str(len(plates)), str(len(named)), f"{right} ({low:.3f}-{high:.3f} of the named)"]
            )
    return table(("set", "plates", "country named", "rightly (95 %)"), rows) if rows else ""


def confusion(results: Sequence[SetResult], arm: str) -> str:
    """List the characters that one arm confuses most, over all sets."""
    counts = confusions(chain.from_iterable(result.outcomes[arm] for result in results))
    ranked = sorted(counts.items(), key=lambda entry: (-entry[1], entry[0]))[:_CONFUSIONS]
    rows = [[true or "(none)", read or "(left out)", str(count)] for (true, read), count in ranked]
    return table(("printed", "read as", "times"), rows)


def clips(results: Sequence[ClipResult]) -> str:
    """Lay out what became of the clips' vehicles."""
    judged = [(result.name, result.outcome) for result in results if result.outcome is not None]
    total = sum((outcome for _, outcome in judged), ClipOutcome())
    low, high = wilson(total.found, total.passages)
    rows = [
        [name, str(o.passages), str(o.found), str(o.misread), str(o.doubled), str(o.invented), str(o.unreadable)]
        for name, o in [*judged, ("all", total)]
    ]
    rows[-1][2] += f" ({low:.3f}-{high:.3f})"
    return table(("clip", "passages", "found", "misread", "doubled", "invented", "unreadable"), rows)


def times(sets: Sequence[SetResult], results: Sequence[ClipResult]) -> str:
    """Lay out the time of each stage: milliseconds of wall and of processor time an item."""
    header = ("input", "items", "decode", "detect", "looked at", "read", "crops", "whole, an item", "items a second")
    rows = [_times_row(s.name, s.stages, str(s.stages.whole.items), "") for s in sets]
    rows += [_times_row(c.name, c.stages, str(c.looked_at), str(c.crops)) for c in results]
    return table(header, rows)


def _times_row(name: str, stages: Stages, looked_at: str, crops: str) -> list[str]:
    whole = stages.whole
    row = [name, str(whole.items), _each(stages.decode), _each(stages.detect), looked_at, _each(stages.read), crops]
    return [*row, _each(whole), f"{whole.items / whole.wall_s:.1f}" if whole.wall_s else ""]


def _each(watch: Stopwatch) -> str:
    if not watch.items:
        return ""
    return f"{1000 * watch.wall_s / watch.items:.1f} ({1000 * watch.cpu_s / watch.items:.1f} cpu)"
