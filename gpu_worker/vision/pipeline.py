"""Frames in, passages out. Knows no AWS and no database."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import islice

from anpr.errors import UnreadableMedia
from gpu_worker.vision import colour
from gpu_worker.vision.closer_looks import CloserLookSettings, Look, with_closer_looks
from gpu_worker.vision.consensus import Candidate, vote
from gpu_worker.vision.detection import Detection, Detector
from gpu_worker.vision.far_looks import FarLookSchedule, FarLookSettings, only_far
from gpu_worker.vision.geometry import BoundingBox, Image
from gpu_worker.vision.hardware_decoding import DecoderName
from gpu_worker.vision.passages import Passage, ReadingSettings
from gpu_worker.vision.plate_reader import Witness, has_plate_shape, read_plates
from gpu_worker.vision.prefetch import mapped, prefetched
from gpu_worker.vision.recognition import Recognizer
from gpu_worker.vision.recognition.prior import CameraPrior
from gpu_worker.vision.recognition.regions import Region, named
from gpu_worker.vision.scene import SceneSettings, SceneWatch
from gpu_worker.vision.tracking import TrackingSettings
from gpu_worker.vision.vehicles import StitchSettings, Vehicles
from gpu_worker.vision.video import Frame, FrameSource, MediaLimits, Source, StreamLost, Video


@dataclass(frozen=True, slots=True)
class PipelineSettings:
    """What the pipeline is free to choose.

    Attributes:
        interval_s: least time between two frames that are looked at.
        batch: frames given to the detector together; the passages are the same with any.
        detecting: groups of frames that are detected at the same time; the detector must bear as many threads.
        decoder: what decodes video.
        tracking: see there.
        stitching: see there.
        scene: see there.
        closer_looks: see there.
        far_looks: see there.
        reading: see there.
        limits: see there.
    """

    interval_s: float = 0.1
    batch: int = 1
    detecting: int = 1
    decoder: DecoderName = "cpu"
    tracking: TrackingSettings = field(default_factory=TrackingSettings)
    stitching: StitchSettings = field(default_factory=StitchSettings)
    scene: SceneSettings = field(default_factory=SceneSettings)
    closer_looks: CloserLookSettings = field(default_factory=CloserLookSettings)
    far_looks: FarLookSettings = field(default_factory=FarLookSettings)
    reading: ReadingSettings = field(default_factory=ReadingSettings)
    limits: MediaLimits = field(default_factory=MediaLimits)


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a video is.

    Attributes:
        frames: decoded so far.
        fraction: done, 0 to 1, by time; 0 if the file does not tell its duration.
        passages: emitted so far, unreadable ones included.
        time_s: of the last frame that was looked at, from its track's first one.
        looked_s: footage that was looked at, all tracks together, seconds; gaps are not in it.
        defect: what is wrong with the file, in words, where it could be read only in part; None if nothing.
    """

    frames: int
    fraction: float
    passages: int
    time_s: float = 0.0
    looked_s: float = 0.0
    defect: str | None = None


@dataclass(frozen=True, slots=True, eq=False)
class _Sample:
    """One frame on its way to be looked at: whether it is another scene, nothing has moved, it gets a far look, too."""

    frame: Frame
    cut: bool
    still: bool
    far: bool


_Group = list[_Sample]

_MAX_TRACKS = 4
"""Tracks of one file that are read, one after the other: front, rear, inside and one more."""
_PIXELS_AHEAD = 54_000_000
"""Decoded ahead at most, unless one frame has more: half a dozen 4K frames, 160 MB."""


@dataclass(frozen=True, slots=True)
class PlateRead:
    """One plate in a picture.

    Attributes:
        plate: normalised, `?` where unsure.
        raw_plate: as printed, separators kept.
        score: of the read, 0 to 1.
        dscore: of the detection, 0 to 1.
        box: in the picture, px.
        region: None if unknown.
        candidates: best first.
        beyond_doubt: whether the shapes of its characters alone leave no doubt.
        model: what read it, by name and version, where that was set.
    """

    plate: str
    raw_plate: str
    score: float
    dscore: float
    box: BoundingBox
    region: Region | None
    candidates: tuple[Candidate, ...]
    beyond_doubt: bool
    model: str | None = None


def is_readable(read: PlateRead, least_score: float) -> bool:
    """Tell whether a picture's read is sure and complete enough to be called one."""
    return read.score >= least_score and "?" not in read.plate


class Pipeline:
    """Detects, follows, reads and votes. One instance serves any number of files, one after the other."""

    def __init__(
        self,
        detector: Detector,
        recognizer: Recognizer,
        settings: PipelineSettings | None = None,
        still_detector: Detector | None = None,
        far_detector: Detector | None = None,
    ) -> None:
        """Put the engines together.

        Args:
            detector: for video frames.
            recognizer: for all crops.
            settings: defaults suit most cameras.
            still_detector: for single pictures, which have no next frame to make up for a plate missed; `detector` if
                none is given.
            far_detector: of a larger input, for small plates in very large frames; without it they are not looked for.
        """
        self._detector = detector
        self._recognizer = recognizer
        self._settings = settings or PipelineSettings()
        self._still_detector = still_detector or detector
        self._far_detector = far_detector

    @property
    def readable_score(self) -> float:
        """Least score of a readable plate."""
        return self._settings.reading.readable_score

    @property
    def camera(self) -> CameraPrior:
        """What is expected of the plates."""
        return self._settings.reading.camera

    def seeing(self, camera: CameraPrior) -> "Pipeline":
        """Return this pipeline, its engines shared, for a camera before which other plates are expected."""
        settings = replace(self._settings, reading=replace(self._settings.reading, camera=camera))
        return Pipeline(self._detector, self._recognizer, settings, self._still_detector, self._far_detector)

    def passages(self, source: Source, on_progress: Callable[[Progress], None] | None = None) -> Iterator[Passage]:
        """Find the vehicles in a video, each once.

        A passage is given soon after its vehicle has gone. What is given, and in which order, depends only
        on the file.

        Args:
            source: a path or a seekable binary file.
            on_progress: called after each frame that was looked at, and once at the end with a fraction of 1.

        Yields:
            Passages, unreadable ones too: whoever stores them decides what an unread plate is worth.

        Raises:
            UnreadableMedia: if the file is no video or has no frame. A damaged end is no error; see `Progress.defect`.
        """
        tracks = self._tracks(source)
        done = Progress(0, 0.0, 0)
        defects: list[str] = []
        if tracks > _MAX_TRACKS:
            defects.append(f"Only {_MAX_TRACKS} of the file's {tracks} video tracks are read.")
            tracks = _MAX_TRACKS
        for track in range(tracks):
            before = done
            for passage, here in self._of_track(source, track, before.passages):
                done = _further(before, here, track, tracks)
                if passage is not None:
                    yield passage
                elif on_progress is not None and here.fraction < 1:
                    on_progress(done)
            if done.defect:
                defects.append(done.defect if tracks == 1 else f"Video track {track + 1}: {done.defect}")
        if not done.frames:
            raise UnreadableMedia(" ".join(defects) or "The video has no frames.")
        if on_progress is not None:
            on_progress(replace(done, fraction=1.0, defect=" ".join(defects) or None))

    def _tracks(self, source: Source) -> int:
        with Video(source, self._settings.limits) as video:
            return video.tracks

    def _of_track(self, source: Source, track: int, emitted: int) -> Iterator[tuple[Passage | None, Progress]]:
        """Read one track; one that cannot be read is told by its last progress, for there may be others.

        Yields:
            Each passage, numbered from `emitted` on, and None after each frame and at the end; with how far it is.
        """
        settings = self._settings
        progress = Progress(0, 0.0, emitted)
        try:
            with Video(source, settings.limits, settings.decoder, track) as video:
                for passage, further in self._of_video(video, emitted):
                    progress = further
                    yield passage, progress
        except UnreadableMedia as error:
            yield None, replace(progress, fraction=1.0, defect=error.detail)

    def watch(self, source: FrameSource) -> Iterator[tuple[Passage | None, Progress]]:
        """Find the vehicles in what a camera sends, each once, for as long as it sends.

        Args:
            source: the camera's frames.

        Yields:
            Each passage soon after its vehicle has gone, and None after each frame; with how far the reading is.

        Raises:
            StreamLost: the connection is over; the vehicles that were in sight have been given by then.
        """
        yield from self._of_video(source, 0)

    def _of_video(self, video: FrameSource, emitted: int) -> Iterator[tuple[Passage | None, Progress]]:
        settings = self._settings
        vehicles = Vehicles(self._recognizer, settings.tracking, settings.stitching, settings.reading)
        progress = Progress(0, 0.0, emitted)
        lost: StreamLost | None = None
        try:
            for passage, further in self._seen(video, vehicles, emitted):
                progress = further
                yield passage, progress
        except StreamLost as error:
            lost = error
        for evidence in vehicles.finish():
            passage = evidence.passage(progress.passages, self._recognizer)
            progress = replace(progress, passages=progress.passages + 1)
            yield passage, progress
        yield None, replace(progress, frames=video.decoded, fraction=1.0, looked_s=video.looked_s, defect=video.defect)
        if lost is not None:
            raise lost

    def _seen(self, video: FrameSource, vehicles: Vehicles, emitted: int) -> Iterator[tuple[Passage | None, Progress]]:
        """Follow the vehicles as long as frames come."""
        settings = self._settings
        progress = Progress(0, 0.0, emitted)
        ahead = settings.batch * (settings.detecting + 1)
        # Large frames are held ahead in smaller number.
        ahead = min(ahead, max(1, _PIXELS_AHEAD // video.frame_pixels))
        # Three stages overlap: a thread decodes, others detect, and this one follows and reads.
        with (
            prefetched(video.frames(settings.interval_s), ahead=ahead + 2) as frames,
            prefetched(self._looks(frames), ahead=ahead) as looks,
        ):
            for look in with_closer_looks(looks, self._detect, settings.closer_looks):
                frame = look.frame
                for evidence in vehicles.update(frame, [*look.detections, *look.far], cut=look.cut, missing=frame.cut):
                    passage = evidence.passage(progress.passages, self._recognizer)
                    progress = replace(progress, passages=progress.passages + 1)
                    yield passage, progress
                progress = replace(
                    progress,
                    frames=frame.index + 1,
                    fraction=frame.read,
                    time_s=frame.time_s,
                    looked_s=frame.looked_s,
                )
                yield None, progress

    def _looks(self, frames: Iterator[Frame]) -> Iterator[Look]:
        """Find the plates in each frame; a still picture has those of the one before."""
        detections: list[Detection] = []
        far: list[Detection] = []
        with mapped(self._find, self._groups(frames), self._settings.detecting) as groups:
            for group, found in groups:
                for sample in group:
                    if not sample.still:
                        detections, far = next(found)
                    yield Look(sample.frame, sample.cut, detections, far)

    def _groups(self, frames: Iterator[Frame]) -> Iterator[_Group]:
        """Take frames together that are detected in one go, and see which have moved and which get a far look."""
        scene, schedule = SceneWatch(self._settings.scene), FarLookSchedule(self._settings.far_looks)
        while group := list(islice(frames, self._settings.batch)):
            samples = []
            for frame in group:
                change = scene.look(frame.image)
                far = self._far_detector is not None and schedule.is_due(frame.image, change.still)
                samples.append(_Sample(frame, change.cut, change.still and not far, far))
            yield samples

    def _find(self, group: _Group) -> Iterator[tuple[list[Detection], list[Detection]]]:
        """Return the plates of each frame of a group that is looked at, and the far ones. Called by several threads."""
        looked_at = [sample for sample in group if not sample.still]
        found = self._detect([sample.frame.image for sample in looked_at])
        return iter([(near, self._far(sample, near)) for sample, near in zip(looked_at, found, strict=True)])

    def _far(self, sample: _Sample, near: list[Detection]) -> list[Detection]:
        if self._far_detector is None or not sample.far:
            return []
        image = colour.without_cast(sample.frame.image)
        found = [d for d in self._far_detector.detect([image])[0] if has_plate_shape(d.box)]
        return only_far(image, found, near, self._settings.far_looks)

    def _detect(self, images: Sequence[Image]) -> list[list[Detection]]:
        found = self._detector.detect([colour.without_cast(image) for image in images]) if images else []
        return [[d for d in detections if has_plate_shape(d.box)] for detections in found]

    def image(self, image: Image) -> list[PlateRead]:
        """Read the plates in one picture.

        Args:
            image: BGR uint8 (height, width, 3).

        Returns:
            Plates with any plausible text, best score first.
        """
        neutral = colour.without_cast(image)
        detections = [d for d in self._still_detector.detect([neutral])[0] if has_plate_shape(d.box)]
        boxes = [detection.box for detection in detections]
        camera = self._settings.reading.camera
        reads = []
        for detection, ballots in zip(
            detections, read_plates(self._recognizer, neutral, boxes, Witness(1.0, 0), camera), strict=True
        ):
            consensus = vote(ballots, camera)
            if consensus.score > 0:
                reads.append(
                    PlateRead(
                        plate=consensus.text,
                        raw_plate=consensus.raw,
                        score=round(consensus.score, 4),
                        dscore=round(detection.score, 4),
                        box=detection.box,
                        region=named(consensus.countries),
                        candidates=consensus.candidates,
                        beyond_doubt=consensus.beyond_doubt,
                        model=self._settings.reading.model,
                    )
                )
        return sorted(reads, key=lambda read: -read.score * (0.3 + read.dscore))


def _further(before: Progress, here: Progress, track: int, tracks: int) -> Progress:
    """Return how far a file is with one track under way, after those before it."""
    return replace(
        here,
        frames=before.frames + here.frames,
        fraction=(track + here.fraction) / tracks,
        looked_s=before.looked_s + here.looked_s,
    )
