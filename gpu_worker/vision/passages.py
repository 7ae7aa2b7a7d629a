"""One vehicle's passage: the evidence kept of a track, how it is read, and what is handed on."""

import math
from dataclasses import dataclass, field, replace

from gpu_worker.vision import colour
from gpu_worker.vision.consensus import EMPTY, Ballot, Candidate, Consensus, vote
from gpu_worker.vision.geometry import BoundingBox, Image
from gpu_worker.vision.plate_reader import Witness, read_plates, sharpness
from gpu_worker.vision.recognition import Recognizer
from gpu_worker.vision.recognition.prior import WORLD, CameraPrior
from gpu_worker.vision.recognition.rectify import cut
from gpu_worker.vision.recognition.regions import Region, named
from gpu_worker.vision.tracking import Sighting
from gpu_worker.vision.video import Frame

_VOTE_AFTER = frozenset({3, 4, 6})
"""Crops read after which it is worth asking whether more are needed."""

_MARGIN = 1.5
"""A kept crop is this much larger than the plate's box, so that it can be levelled and seen in its surroundings."""

_LEAST_LEGIBILITY = 1e-3


@dataclass(frozen=True, slots=True)
class ReadingSettings:
    """How many pictures of a plate are read, and when a read counts.

    Attributes:
        keep: crops kept of a track, the best by sharpness and size.
        enough: agreeing frames after which no further crop is read.
        sure_score: least score for stopping early.
        hopeless_score: below this after three crops, the rest is not read.
        readable_score: least score of a readable passage.
        readable_frames: least number of agreeing frames of a readable passage; one is enough where it is very sure.
        lone_score: least score of a read that rests on one frame.
        lone_share: least share of the belief that such a read has among its candidates.
        min_plate_height: lower plates (px) are not read: their strokes are thinner than a pixel.
        camera: what plates are expected before it.
        model: what reads, by name and version; each passage and each read of a picture is marked with it.
    """

    keep: int = 8
    enough: int = 4
    sure_score: float = 0.85
    hopeless_score: float = 0.25
    readable_score: float = 0.6
    readable_frames: int = 2
    lone_score: float = 0.95
    lone_share: float = 0.75
    min_plate_height: float = 9.0
    camera: CameraPrior = WORLD
    model: str | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Passage:
    """One vehicle, once.

    Attributes:
        passage_no: 0, 1, 2 ... in order of emission; the same in every run over the same file.
        plate: voted and normalised, `?` where a character is unsure; may be empty.
        raw_plate: the best single read that says the same, separators kept.
        readable: whether the read is good enough to be a plate event.
        score: of the read, 0 to 1.
        dscore: the detector's, in the best frame.
        region: None if unknown.
        box: in the best frame, px.
        first_frame: index of the first frame the plate was seen in.
        last_frame: index of the last one.
        best_frame: index of the frame that `box`, `crop` and `frame` are from; it is among those that were read.
        first_s: time of the first frame relative to the video's start, seconds.
        last_s: of the last one.
        best_s: of the best one.
        frames_seen: sampled frames with a detection.
        frames_agreeing: of the frames that were read, those which alone say the same.
        candidates: the likeliest texts, best first.
        beyond_doubt: whether the shapes of its characters alone leave no doubt.
        model: what read it, by name and version, where that was set.
        crop: BGR uint8, the plate with a margin.
        frame: BGR uint8, the full best frame.
    """

    passage_no: int
    plate: str
    raw_plate: str
    readable: bool
    score: float
    dscore: float
    region: Region | None
    box: BoundingBox
    first_frame: int
    last_frame: int
    best_frame: int
    first_s: float
    last_s: float
    best_s: float
    frames_seen: int
    frames_agreeing: int
    candidates: tuple[Candidate, ...]
    beyond_doubt: bool
    model: str | None
    crop: Image
    frame: Image


@dataclass(slots=True, eq=False)
class Shot:
    """One kept crop of a plate, and its reads once it has been read; `cast`: the whole frame has a colour cast."""

    quality: float
    sighting: Sighting
    crop: Image
    box_in_crop: BoundingBox
    cast: bool
    ballots: list[Ballot] | None = None


@dataclass(slots=True, eq=False)
class Evidence:
    """What is kept of one vehicle while it passes: a bounded number of crops and the one best frame."""

    settings: ReadingSettings
    first: Sighting
    last: Sighting
    seen: int = 0
    best_image: Image | None = None
    shots: list[Shot] = field(default_factory=list)
    """The best crops, best first."""
    beside_hole: bool = False
    """Whether footage is missing where it came or went; one look beside that proves nothing."""
    announced: bool = False
    """Whether it was given already, while the vehicle was still there."""
    _consensus: Consensus | None = None

    def add(self, sighting: Sighting, frame: Frame) -> None:
        """Take in one sighting; its crop is kept only while it is among the best."""
        self.last = sighting
        self.seen += 1
        box = sighting.detection.box
        if box.height < self.settings.min_plate_height and self.shots:
            return
        crop = cut(frame.image, box)
        # Sharpness saturates with size; the square root keeps one huge smear from beating all crisp smaller crops.
        quality = sharpness(crop) * math.sqrt(box.area) * (0.3 + sighting.detection.score)
        if len(self.shots) >= self.settings.keep and quality <= self.shots[-1].quality:
            return
        outer = box.scaled(_MARGIN).clipped(frame.image.shape[1], frame.image.shape[0])
        left, top = round(outer.xmin), round(outer.ymin)
        shot = Shot(
            quality, sighting, cut(frame.image, outer).copy(), box.shifted(-left, -top), colour.has_cast(frame.image)
        )
        self._insert([shot])
        if self.shots[0] is shot:
            self.best_image = frame.image

    def absorb(self, later: "Evidence") -> None:
        """Take over what is known of the same vehicle's continued track."""
        best = self.shots[0]
        self.first = min(self.first, later.first, key=lambda s: s.frame)
        self.last = max(self.last, later.last, key=lambda s: s.frame)
        self.seen += later.seen
        self.announced = self.announced or later.announced
        self._insert(later.shots)
        if self.shots[0] is not best:
            self.best_image = later.best_image

    def _insert(self, shots: list[Shot]) -> None:
        merged = sorted([*self.shots, *shots], key=lambda shot: (-shot.quality, shot.sighting.frame))
        self.shots = merged[: self.settings.keep]
        self._consensus = None

    def consensus(self, recognizer: Recognizer) -> Consensus:
        """Read the kept crops, best first, until the vote is sure or hopeless. Nothing is read twice."""
        if self._consensus is not None:
            return self._consensus
        result = EMPTY
        ballots: list[Ballot] = []
        for count, shot in enumerate(self.shots, start=1):
            if shot.ballots is None:
                shot.ballots = self._read(recognizer, shot)
            ballots += shot.ballots
            if count < len(self.shots) and count not in _VOTE_AFTER:
                continue
            result = vote(ballots, self.settings.camera)
            if result.agreeing >= self.settings.enough and result.score >= self.settings.sure_score:
                break
            if result.score < self.settings.hopeless_score:
                break
        self._consensus = result
        return result

    def _read(self, recognizer: Recognizer, shot: Shot) -> list[Ballot]:
        if shot.sighting.detection.box.height < self.settings.min_plate_height:
            return []
        image = colour.as_grey(shot.crop) if shot.cast else shot.crop
        witness = Witness(weight=max(shot.quality, 1e-3), frame=shot.sighting.frame)
        ballots = read_plates(recognizer, image, [shot.box_in_crop], witness, self.settings.camera)[0]
        # A crop in which nothing can be made out, such as a far one, says nothing against those in which it can.
        legibility = max(vote(ballots, self.settings.camera).score, _LEAST_LEGIBILITY)
        return [replace(ballot, weight=ballot.weight * legibility**2) for ballot in ballots]

    def _is_readable(self, consensus: Consensus) -> bool:
        settings = self.settings
        if "?" in consensus.plate or consensus.score < settings.readable_score:
            return False
        if consensus.agreeing >= settings.readable_frames:
            return True
        if self.beside_hole:
            return False
        share = consensus.candidates[0].score if consensus.candidates else 0.0
        return consensus.agreeing > 0 and consensus.score >= settings.lone_score and share >= settings.lone_share

    def passage(self, number: int, recognizer: Recognizer) -> Passage:
        """Conclude: read what is still unread, and put the passage together."""
        consensus, best = self.consensus(recognizer), self.shots[0]
        if self.best_image is None:
            raise ValueError("evidence without a sighting has no passage")
        return Passage(
            passage_no=number,
            plate=consensus.plate,
            raw_plate=consensus.raw,
            readable=self._is_readable(consensus),
            score=round(consensus.score, 4),
            dscore=round(best.sighting.detection.score, 4),
            region=named(consensus.countries),
            box=best.sighting.detection.box,
            first_frame=self.first.frame,
            last_frame=self.last.frame,
            best_frame=best.sighting.frame,
            first_s=round(self.first.time_s, 3),
            last_s=round(self.last.time_s, 3),
            best_s=round(best.sighting.time_s, 3),
            frames_seen=self.seen,
            frames_agreeing=consensus.agreeing,
            candidates=consensus.candidates,
            beyond_doubt=consensus.beyond_doubt,
            model=self.settings.model,
            crop=best.crop,
            frame=self.best_image,
        )
