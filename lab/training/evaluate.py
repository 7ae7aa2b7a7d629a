"""Reading real crops with several engines side by side: exact reads, paired differences, calibration, time.

Crops are cut from true boxes with the pipeline's own cutting and voted with its own vote, so that a figure here differs
from the product's only by the detector.
"""

import csv
import math
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from gpu_worker.vision.consensus import Ballot, vote
from gpu_worker.vision.geometry import BoundingBox, Image
from gpu_worker.vision.plate_reader import plate_cuts
from gpu_worker.vision.recognition import PlateText, Recognizer
from gpu_worker.vision.recognition.lookalikes import fold_twins_text

_Z = 1.959964


@dataclass(frozen=True, slots=True, eq=False)
class Case:
    """One real plate.

    Attributes:
        cuts: crops of it, BGR uint8, as the pipeline cuts them.
        plate: what it says.
    """

    cuts: tuple[Image, ...]
    plate: str


@dataclass(frozen=True, slots=True)
class Arm:
    """One way of reading, and what it read.

    Attributes:
        name: for the table.
        texts: one a case.
    """

    name: str
    texts: tuple[str, ...]


def load_cases(folder: Path) -> list[Case]:
    """Read `truth.csv` (file, plate, x1, y1, x2, y2) and cut the plates that have a text and a box.

    Raises:
        FileNotFoundError: if the truth names a picture that is not there.
    """
    cases = []
    with (folder / "truth.csv").open(newline="") as file:
        for row in csv.DictReader(file):
            if not row["plate"] or not row["x1"]:
                continue
            image = cv2.imread(str(folder / row["file"]))
            if image is None:
                raise FileNotFoundError(folder / row["file"])
            box = BoundingBox(*(float(row[side]) for side in ("x1", "y1", "x2", "y2")))
            cuts = plate_cuts(np.asarray(image, np.uint8), box)
            cases.append(Case(tuple(crop.copy() for crop in cuts), row["plate"]))
    return cases


def read_all(recognizer: Recognizer, cases: Sequence[Case]) -> list[list[PlateText]]:
    """Read every cut of every case."""
    return [recognizer.read(case.cuts) for case in cases]


def arms(reads: Mapping[str, list[list[PlateText]]]) -> list[Arm]:
    """Make the ways of reading that are compared: each engine by single cuts and voted, then all voted together.

    Args:
        reads: what `read_all` returned, by engine name; the first engine is the one to beat.
    """
    found = []
    for name, cases in reads.items():
        found += [Arm(f"{name}, cut {i}", tuple(cuts[i].text for cuts in cases)) for i in range(len(cases[0]))]
        found.append(Arm(f"{name}, voted", tuple(_voted(cuts) for cuts in cases)))
    if len(reads) > 1:
        together = [[read for cuts in engines for read in cuts] for engines in zip(*reads.values(), strict=True)]
        found.append(Arm("all, voted", tuple(_voted(cuts) for cuts in together)))
    return found


def _voted(reads: Sequence[PlateText]) -> str:
    return vote([Ballot(read, 1 / len(reads), 0) for read in reads]).text


def wilson(hits: int, count: int) -> tuple[float, float]:
    """Return the 95 % Wilson interval of a share."""
    if not count:
        return 0.0, 1.0
    share = hits / count
    center = (share + _Z**2 / (2 * count)) / (1 + _Z**2 / count)
    half = _Z * math.sqrt(share * (1 - share) / count + _Z**2 / (4 * count**2)) / (1 + _Z**2 / count)
    return center - half, center + half


def paired_p(wins: int, losses: int) -> float:
    """Return the two-sided exact p of McNemar's test: how surprising this split is if neither reads better."""
    count = wins + losses
    tail = sum(math.comb(count, k) for k in range(min(wins, losses) + 1))
    return float(min(1.0, 2 * tail / 2**count))


def edit_distance(a: str, b: str) -> int:
    """Count the insertions, deletions and substitutions between two texts (Levenshtein)."""
    row = list(range(len(b) + 1))
    for i, x in enumerate(a, 1):
        following = [i]
        for j, y in enumerate(b, 1):
            following.append(min(row[j] + 1, following[-1] + 1, row[j - 1] + (x != y)))
        row = following
    return row[-1]


def calibration_error(reads: list[list[PlateText]], plates: Sequence[str], bins: int = 10) -> float:
    """Compute the expected calibration error of characters: mean distance of confidence and correctness over bins.

    Only reads of the right length count: elsewhere it is unclear which character stands for which.
    """
    pairs = [
        (confidence, character == truth)
        for cuts, plate in zip(reads, plates, strict=True)
        for read in cuts
        if len(read.text) == len(plate)
        for confidence, character, truth in zip(read.confidences, read.text, plate, strict=True)
    ]
    if not pairs:
        return 0.0
    confidences, correct = np.array(pairs, float).T
    places = np.minimum((confidences * bins).astype(int), bins - 1)
    gaps = [abs(float((confidences - correct)[places == b].sum())) for b in range(bins)]
    return sum(gaps) / len(pairs)


def table(found: Sequence[Arm], plates: Sequence[str], reference: str) -> str:
    """Write a Markdown table of arms.

    Args:
        found: the arms.
        plates: the truth.
        reference: name of the arm that the others are paired with.
    """
    base = next(arm for arm in found if arm.name == reference)
    base_hits = [text == plate for text, plate in zip(base.texts, plates, strict=True)]
    lines = [
        "| reader | exact | 95 % | O/0, I/1 alike | character error | won / lost | p |",
        "|---|---|---|---|---|---|---|",
    ]
    for arm in found:
        hits = [text == plate for text, plate in zip(arm.texts, plates, strict=True)]
        folded = sum(fold_twins_text(t) == fold_twins_text(p) for t, p in zip(arm.texts, plates, strict=True))
        errors = sum(edit_distance(t, p) for t, p in zip(arm.texts, plates, strict=True)) / sum(map(len, plates))
        wins = sum(h and not b for h, b in zip(hits, base_hits, strict=True))
        losses = sum(b and not h for h, b in zip(hits, base_hits, strict=True))
        low, high = wilson(sum(hits), len(plates))
        paired = "" if arm.name == reference else f"{wins} / {losses} | {paired_p(wins, losses):.3f}"
        lines.append(
            f"| {arm.name} | {sum(hits) / len(plates):.3f} | {low:.3f} to {high:.3f} | {folded / len(plates):.3f} "
            f"| {errors:.3f} | {paired or ' | '} |"
        )
    return "\n".join(lines)


def milliseconds_a_crop(
    recognizer: Recognizer, crops: Sequence[Image], clock: Callable[[], float] = time.perf_counter
) -> float:
    """Time an engine on single crops, one after the other, after one warm-up crop."""
    recognizer.read(crops[:1])
    began = clock()
    for crop in crops:
        recognizer.read([crop])
    return (clock() - began) / len(crops) * 1000


def report(folders: Sequence[Path], engines: Mapping[str, Recognizer]) -> str:
    """Compare engines on folders of truth, as Markdown.

    Args:
        folders: each with pictures and a `truth.csv` that has boxes.
        engines: by name; the first is the reference.
    """
    parts = []
    for folder in folders:
        cases = load_cases(folder)
        plates = [case.plate for case in cases]
        reads = {name: read_all(engine, cases) for name, engine in engines.items()}
        parts.append(
            f"## {folder.name}, {len(cases)} plates\n\n{table(arms(reads), plates, f'{next(iter(engines))}, voted')}\n"
        )
        for name, engine in engines.items():
            spent = milliseconds_a_crop(engine, [case.cuts[0] for case in cases[:40]])
            error = calibration_error(reads[name], plates)
            parts.append(f"{name}: {spent:.1f} ms a crop, calibration error of characters {error:.3f}\n")
    return "\n".join(parts)
