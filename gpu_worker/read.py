"""`python -m gpu_worker read`: plates of pictures and clips, without a server."""

import json
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any, Protocol

from anpr.errors import UnreadableMedia
from anpr.messages import MEDIA_TYPES, media_type
from gpu_worker.vision.geometry import Image
from gpu_worker.vision.passages import Passage
from gpu_worker.vision.pictures import read_still
from gpu_worker.vision.pipeline import PlateRead, Progress, is_readable
from gpu_worker.vision.video import MediaLimits, Source

Record = dict[str, Any]


class Reads(Protocol):
    """What reads a picture and a clip: `gpu_worker.vision.pipeline.Pipeline`, or one that learns meanwhile."""

    @property
    def readable_score(self) -> float:
        """Least score of a readable plate."""

    def image(self, image: Image) -> list[PlateRead]:
        """Read the plates in a picture."""

    def passages(self, source: Source, on_progress: Callable[[Progress], None] | None = None) -> Iterator[Passage]:
        """Find the vehicles in a clip."""


def expand(paths: Sequence[Path]) -> Iterator[Path]:
    """Replace each folder by the pictures and clips in it, in order of their names."""
    for path in paths:
        if path.is_dir():
            yield from _of_folder(path)
        else:
            yield path


def _of_folder(path: Path) -> list[Path]:
    return sorted(p for p in path.iterdir() if media_type(p.name))


def read_file(pipeline: Reads, path: Path, limits: MediaLimits, *, everything: bool) -> Record:
    """Read one file.

    Args:
        pipeline: the engines.
        path: a picture or a clip.
        limits: for pictures; the pipeline has its own for clips.
        everything: whether unreadable passages are listed too.

    Returns:
        The record that is printed as JSON.

    Raises:
        UnreadableMedia: if nothing in the file can be decoded.
    """
    started = time.perf_counter()
    record: Record = {"file": str(path)}
    still = read_still(path, limits)
    if still is not None:
        reads = [_read_record(read, pipeline.readable_score) for read in pipeline.image(still.image)]
        record["reads"] = reads
        record["unreadable"] = sum(not read["readable"] for read in reads)
        if still.defect:
            record["defect"] = still.defect
    else:
        last = Progress(0, 0.0, 0)

        def remember(progress: Progress) -> None:
            nonlocal last
            last = progress

        passages = list(pipeline.passages(path, remember))
        record["passages"] = [_passage_record(p) for p in passages if everything or p.readable]
        record["unreadable"] = sum(not p.readable for p in passages)
        record["frames"] = last.frames
        if last.defect:
            record["defect"] = last.defect
    record["ms"] = round((time.perf_counter() - started) * 1000, 1)
    return record


def _read_record(read: PlateRead, readable_score: float) -> Record:
    record = asdict(read)
    return {**record, "readable": is_readable(read, readable_score), "box": _rounded(record["box"])}


def _passage_record(passage: Passage) -> Record:
    return {
        "plate": passage.plate,
        "raw_plate": passage.raw_plate,
        "readable": passage.readable,
        "score": passage.score,
        "dscore": passage.dscore,
        "region": asdict(passage.region) if passage.region else None,
        "box": _rounded(asdict(passage.box)),
        "first_frame": passage.first_frame,
        "last_frame": passage.last_frame,
        "best_frame": passage.best_frame,
        "first_s": passage.first_s,
        "last_s": passage.last_s,
        "best_s": passage.best_s,
        "frames_seen": passage.frames_seen,
        "frames_agreeing": passage.frames_agreeing,
        "candidates": [asdict(candidate) for candidate in passage.candidates],
    }


def _rounded(box: dict[str, float]) -> dict[str, float]:
    return {side: round(value, 1) for side, value in box.items()}


def run(pipeline: Reads, paths: Sequence[Path], limits: MediaLimits, *, as_json: bool, everything: bool) -> int:
    """Read all files and print one line of JSON, or a part of a table, for each.

    Returns:
        The exit status: 0, or 1 if a file could not be read or a folder holds none; the others are read all the same.
    """
    status = 0
    files: list[Path] = []
    for path in paths:
        try:
            found = list(expand([path]))
        except OSError as error:
            sys.stderr.write(f"{path}: {error.strerror}\n")
            status = 1
            continue
        if not found:
            sys.stderr.write(f"{path}: The folder has no file that can be read ({' '.join(sorted(MEDIA_TYPES))}).\n")
            status = 1
        files += found
    for path in files:
        try:
            record = read_file(pipeline, path, limits, everything=everything)
        except (UnreadableMedia, OSError) as error:
            reason = error.detail if isinstance(error, UnreadableMedia) else error.strerror
            sys.stderr.write(f"{path}: {reason}\n")
            status = 1
            continue
        sys.stdout.write(json.dumps(record) + "\n" if as_json else table(record, everything=everything))
        sys.stdout.flush()
    return status


def table(record: Record, *, everything: bool = False) -> str:
    """Lay one file's record out for a person; a guess at what cannot be read only where everything is asked for."""
    lines = [f"{record['file']}  ({record['ms']:.0f} ms)"]
    for read in record.get("reads", []):
        if not (everything or read["readable"]):
            continue
        box = read["box"]
        place = f"{box['xmin']:.0f},{box['ymin']:.0f} to {box['xmax']:.0f},{box['ymax']:.0f}"
        lines.append(f"  {read['plate']:<12} {read['score']:.2f}  at {place}")
    for passage in record.get("passages", []):
        span = f"{passage['first_s']:.2f}-{passage['last_s']:.2f} s"
        # Reading stops when the plate is sure, so how many frames agree would tell of the stopping alone.
        seen = "1 frame" if passage["frames_seen"] == 1 else f"{passage['frames_seen']} frames"
        lines.append(f"  {passage['plate']:<12} {passage['score']:.2f}  {span}  seen in {seen}")
    if record.get("unreadable"):
        one = record["unreadable"] == 1
        what = ("plate" if one else "plates") + " that cannot be read"
        if "passages" in record:
            what = ("passage" if one else "passages") + " with no readable plate"
        lines.append(f"  and {record['unreadable']} {what}")
    if "defect" in record:
        lines.append(f"  {record['defect']}")
    return "\n".join(lines) + "\n"
