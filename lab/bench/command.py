"""The `bench` command: open the engines, run everything, write the report."""

import os
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain
from pathlib import Path

import cv2

from anpr.errors import UnreadableMedia
from gpu_worker.read import expand
from gpu_worker.vision.engines import Engines, build_engines, media_limits, pipeline_settings
from gpu_worker.vision.geometry import Image
from gpu_worker.vision.pictures import is_picture
from gpu_worker.vision.recognition.prior import CameraPrior
from gpu_worker.vision.settings import VisionSettings
from gpu_worker.vision.weights import EngineUnavailable
from lab.bench import plots, tables
from lab.bench.arms import Arm, Voted, build_arm
from lab.bench.measure import ClipResult, SetResult, measure_clip, measure_pictures
from lab.bench.outcomes import confusions
from lab.bench.statistics import wilson

USUAL_ARMS = ("default", "ppocr", "easyocr")


@dataclass(frozen=True, slots=True)
class Request:
    """What is to be measured.

    Attributes:
        paths: clips, pictures and folders of them; truth lies beside them.
        readers: specs of `build_arm`, the first one being the one that others are compared with; empty for the usual
            ones, as far as their packages are installed.
        out: folder for the report and its plots; None writes the report to the terminal alone.
    """

    paths: Sequence[Path]
    readers: Sequence[str] = ()
    out: Path | None = None


def run(settings: VisionSettings, request: Request) -> int:
    """Measure, and write Markdown to the terminal, and with the plots into a folder if one is named.

    Returns:
        The exit status: 0, or 1 if an input could not be read.

    Raises:
        EngineUnavailable: if an engine that was asked for cannot be opened, or a spec is no reader.
    """
    engines = build_engines(settings)
    arms = _arms(settings, engines, request.readers)
    sets, clips, status = _measure(settings, engines, arms, request.paths)
    text = report(settings, sets, clips)
    sys.stdout.write(text)
    if request.out is not None:
        request.out.mkdir(parents=True, exist_ok=True)
        (request.out / "report.md").write_text(text)
        for name, picture in pictures(sets).items():
            cv2.imwrite(str(request.out / name), picture)
    return status


def _arms(settings: VisionSettings, engines: Engines, specs: Sequence[str]) -> list[Arm]:
    arms: list[Arm] = []
    for spec in specs or USUAL_ARMS:
        if spec == "default":
            arms.append(Voted(spec, engines.recognizer, CameraPrior(settings.regions)))
            continue
        try:
            arms.append(build_arm(spec, settings))
        except ValueError as error:
            raise EngineUnavailable(str(error)) from error
        except EngineUnavailable as error:
            if specs:
                raise
            sys.stderr.write(f"Without {spec}: {error.detail}\n")
    return arms


def _measure(
    settings: VisionSettings, engines: Engines, arms: Sequence[Arm], paths: Sequence[Path]
) -> tuple[list[SetResult], list[ClipResult], int]:
    limits, pipeline = media_limits(settings), pipeline_settings(settings)
    folders: dict[Path, list[Path]] = {}
    clips: list[ClipResult] = []
    status = 0
    for path in expand(paths):
        try:
            if is_picture(path):
                folders.setdefault(path.parent, []).append(path)
            else:
                clips.append(measure_clip(path, engines, pipeline))
        except (UnreadableMedia, OSError) as error:
            sys.stderr.write(f"{path}: {error}\n")
            status = 1
    sets = [measure_pictures(chosen, engines.stills, arms, limits) for chosen in folders.values()]
    return sets, clips, status


def report(settings: VisionSettings, sets: Sequence[SetResult], clips: Sequence[ClipResult]) -> str:
    """Write everything that was measured as Markdown."""
    engines = f"Detector {settings.detector}, reader {settings.recognizer}, on {settings.device}"
    machine = f"{settings.threads} threads of {os.cpu_count()} processors, load average {os.getloadavg()[0]:.1f}"
    parts = [f"{engines}; {machine} at the end.\n"]
    judged = [result for result in sets if next(iter(result.outcomes.values()))]
    if judged:
        first = next(iter(judged[0].outcomes))
        parts.append("## Reading, on the same boxes\n\n" + tables.accuracy(judged))
        parts.append(f"## Characters confused by {first}\n\n" + tables.confusion(judged, first))
        if named := tables.countries(judged, first):
            parts.append(f"## Countries as {first} names them\n\n" + named)
        parts.append("## Detection, by plate width\n\n" + tables.recall(judged))
    if any(result.outcome for result in clips):
        parts.append("## Passages\n\n" + tables.clips(clips))
    parts.append("## Time, ms an item\n\n" + tables.times(sets, clips))
    return "\n".join(parts)


def pictures(sets: Sequence[SetResult]) -> dict[str, Image]:
    """Draw the plots of the sets that have a truth, by file name."""
    judged = [result for result in sets if next(iter(result.outcomes.values()))]
    if not judged:
        return {}
    first = next(iter(judged[0].outcomes))
    exact = {
        result.name: [_bar(name, sum(p.exact for p in plates), len(plates)) for name, plates in result.outcomes.items()]
        for result in judged
    }
    found: dict[str, list[plots.Bar]] = {}
    for name, ranges in tables.recall_by_width(judged):
        for width, count, hits in ranges:
            found.setdefault(width, []).append(_bar(name, hits, count))
    confused = confusions(chain.from_iterable(result.outcomes[first] for result in judged))
    drawn = {
        "accuracy.png": plots.bars("plates read exactly, with 95 % intervals", exact),
        "confusion.png": plots.confusion_matrix(f"characters confused by {first}", confused),
    }
    if found:
        by_width = sorted(found.items(), key=lambda entry: int(entry[0].partition("-")[0].rstrip("+")))
        drawn["recall.png"] = plots.bars("plates found, by width in px", dict(by_width))
    return drawn


def _bar(name: str, hits: int, count: int) -> plots.Bar:
    return plots.Bar(name, hits / count, *wilson(hits, count))
