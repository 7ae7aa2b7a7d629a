"""Uploads' files as jobs see them, read by the vision pipeline."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from anpr.capture.familiar import FamiliarPlate
from anpr.capture.passages import RecordedPassage
from gpu_worker.service.footage import Advance, Finding, Footage, FootageSummary
from gpu_worker.service.plates import plate_box, plate_crop, plate_region
from gpu_worker.vision.passages import Passage
from gpu_worker.vision.pictures import Still, read_still
from gpu_worker.vision.pipeline import Pipeline, PlateRead, Progress, is_readable
from gpu_worker.vision.recognition.learning import KnownPlate, learnt
from gpu_worker.vision.recognition.regions import country
from gpu_worker.vision.video import MediaLimits


def before_camera(pipeline: Pipeline, region_hint: str | None, familiar: Sequence[FamiliarPlate]) -> Pipeline:
    """Return a pipeline, its engines shared, that expects what a camera is known to see; itself if nothing is known."""
    if not region_hint and not familiar:
        return pipeline
    hint = frozenset({country(region_hint)} if region_hint else ())
    return pipeline.seeing(learnt(hint, [KnownPlate(known.plate, known.region) for known in familiar]))


class PipelineFootage:
    """Opens files for a pipeline; a `gpu_worker.service.footage.OpenFootage`."""

    def __init__(self, pipeline: Pipeline, limits: MediaLimits, *, readable_score: float) -> None:
        """Make an opener.

        Args:
            pipeline: used by one file at a time.
            limits: bounds on what a file may unpack into.
            readable_score: least score of a picture's read that counts as readable.
        """
        self._pipeline = pipeline
        self._limits = limits
        self._readable_score = readable_score

    @contextmanager
    def __call__(
        self, path: Path, region_hint: str | None = None, familiar: Sequence[FamiliarPlate] = ()
    ) -> Iterator[Footage]:
        """Open a file; its first bytes tell whether it is a picture, since a name or a content type may lie.

        Args:
            path: the file.
            region_hint: see `OpenFootage`; one that has no layouts here is of no use to the reader.
            familiar: plates that its camera saw before, the latest first.

        Raises:
            anpr.errors.UnreadableMedia: it can be decoded as neither.
        """
        pipeline = before_camera(self._pipeline, region_hint, familiar)
        still = read_still(path, self._limits)  # refuses what is neither before anything is begun
        if still is not None:
            yield _PictureFootage(pipeline, still, self._readable_score)
        else:
            yield _VideoFootage(pipeline, path)


class _VideoFootage:
    def __init__(self, pipeline: Pipeline, path: Path) -> None:
        self._pipeline = pipeline
        self._path = path
        self._last = Progress(0, 0.0, 0)

    def findings(self, on_advance: Callable[[Advance], None]) -> Iterator[Finding]:
        def note(progress: Progress) -> None:
            self._last = progress
            on_advance(Advance(progress.fraction, progress.frames))

        for passage in self._pipeline.passages(self._path, note):
            yield Finding(recorded(passage), passage.crop, passage.frame)

    def summary(self) -> FootageSummary:
        # What was looked at, and neither what the header promises nor what the timestamps say: both may be anything.
        return FootageSummary("video", self._last.looked_s, self._last.frames, self._last.defect)


class _PictureFootage:
    """A picture: every plate in it is a passage of one frame."""

    def __init__(self, pipeline: Pipeline, still: Still, readable_score: float) -> None:
        self._pipeline = pipeline
        self._image = still.image
        self._defect = still.defect
        self._readable_score = readable_score

    def findings(self, on_advance: Callable[[Advance], None]) -> Iterator[Finding]:
        # By place and not by score: two scores that are nearly the same may change places in another run.
        reads = sorted(self._pipeline.image(self._image), key=lambda read: (read.box.xmin, read.box.ymin))
        on_advance(Advance(1.0, 1))
        for number, read in enumerate(reads):
            yield Finding(self._recorded(number, read), plate_crop(self._image, read.box), self._image)

    def summary(self) -> FootageSummary:
        return FootageSummary("image", 0.0, 1, self._defect)

    def _recorded(self, number: int, read: PlateRead) -> RecordedPassage:
        return RecordedPassage(
            passage_no=number,
            plate=read.plate,
            raw_plate=read.raw_plate,
            readable=is_readable(read, self._readable_score),
            score=float(read.score),
            dscore=float(read.dscore),
            region=plate_region(read.region),
            box=plate_box(read.box),
            candidates=tuple((candidate.plate, float(candidate.score)) for candidate in read.candidates),
            beyond_doubt=read.beyond_doubt,
            model=read.model,
        )


def recorded(passage: Passage) -> RecordedPassage:
    return RecordedPassage(
        passage_no=passage.passage_no,
        plate=passage.plate,
        raw_plate=passage.raw_plate,
        readable=passage.readable,
        score=float(passage.score),
        dscore=float(passage.dscore),
        region=plate_region(passage.region),
        box=plate_box(passage.box),
        first_frame=passage.first_frame,
        last_frame=passage.last_frame,
        best_frame=passage.best_frame,
        first_s=passage.first_s,
        last_s=passage.last_s,
        best_s=passage.best_s,
        frames_seen=passage.frames_seen,
        frames_agreeing=passage.frames_agreeing,
        candidates=tuple((candidate.plate, float(candidate.score)) for candidate in passage.candidates),
        beyond_doubt=passage.beyond_doubt,
        model=passage.model,
    )
