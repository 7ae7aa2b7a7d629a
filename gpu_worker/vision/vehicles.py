"""From tracks to vehicles: which pieces of track are one passage, and when a passage is over."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from anpr.plates import edit_distance, plate_key
from gpu_worker.vision.consensus import Consensus
from gpu_worker.vision.detection import Detection
from gpu_worker.vision.passages import Evidence, ReadingSettings
from gpu_worker.vision.recognition import Recognizer
from gpu_worker.vision.tracking import Track, Tracker, TrackingSettings
from gpu_worker.vision.video import Frame


@dataclass(frozen=True, slots=True)
class StitchSettings:
    """When a track that begins continues one that ended.

    Attributes:
        moving_s: how long a vehicle that was moving is waited for.
        parked_s: how long one that stood still is waited for: others pass in front of it.
        still_speed: below this many plate widths a second a vehicle stands.
        misread_score: a read below this may differ in one character from the one it continues.
        announce_s: a vehicle that has stayed for so long is given while it is still there, and not again when it goes;
            for a camera's stream, where nobody can wait for a parked car to leave.
    """

    moving_s: float = 3.0
    parked_s: float = 30.0
    still_speed: float = 0.15
    misread_score: float = 0.85
    announce_s: float = math.inf


@dataclass(frozen=True, slots=True, eq=False)
class _Waiting:
    """A vehicle whose track has ended, and until when it may come back."""

    evidence: Evidence
    until_s: float


class Vehicles:
    """Follows the vehicles of one video, frame by frame."""

    def __init__(
        self,
        recognizer: Recognizer,
        tracking: TrackingSettings,
        stitching: StitchSettings,
        reading: ReadingSettings,
    ) -> None:
        self._recognizer = recognizer
        self._stitching = stitching
        self._reading = reading
        self._tracker = Tracker(tracking)
        self._present: dict[int, Evidence] = {}
        self._waiting: list[_Waiting] = []

    def update(
        self, frame: Frame, detections: Sequence[Detection], *, cut: bool = False, missing: bool = False
    ) -> Iterator[Evidence]:
        """Take in the next frame.

        Args:
            frame: in order of time.
            detections: the plates in it.
            cut: the frame shows another scene than the one before; no track goes on across that.
            missing: footage is missing before the frame; nothing seen before is joined with what is seen after.

        Yields:
            Vehicles that are gone for good.
        """
        if missing:
            for left in self._present.values():
                left.beside_hole = True
            yield from self.finish()
        if cut:
            self._end(self._tracker.finish())
        update = self._tracker.update(frame.index, frame.time_s, detections)
        for track, sighting in update.seen:
            evidence = self._present.get(track.number)
            if evidence is None:
                evidence = self._present[track.number] = Evidence(self._reading, sighting, sighting)
                evidence.beside_hole = missing
            evidence.add(sighting, frame)
        self._end(update.ended)
        yield from self._release(frame.time_s)
        yield from self._announce(frame.time_s)

    def finish(self) -> Iterator[Evidence]:
        """End the video, or what is joined of it.

        Yields:
            All vehicles still present or waited for.
        """
        self._end(self._tracker.finish())
        yield from self._release(math.inf)

    def _end(self, tracks: Sequence[Track]) -> None:
        for track in tracks:
            evidence = self._present.pop(track.number)
            earlier = self._find_same(evidence, [waiting.evidence for waiting in self._waiting])
            if earlier is not None:
                self._waiting = [w for w in self._waiting if w.evidence is not earlier]
                earlier.absorb(evidence)
                evidence = earlier
            speed = math.hypot(*track.velocity) / max(1.0, track.last.detection.box.width)
            patience = self._stitching.parked_s if self._stands(track, speed) else self._stitching.moving_s
            self._waiting.append(_Waiting(evidence, evidence.last.time_s + patience))

    def _stands(self, track: Track, speed: float) -> bool:
        return track.seen > 1 and speed < self._stitching.still_speed

    def _release(self, now_s: float) -> Iterator[Evidence]:
        """Give up waiting for those whose time is over, unless they are back under another track."""
        over = [w for w in self._waiting if w.until_s < now_s]
        self._waiting = [w for w in self._waiting if w.until_s >= now_s]
        for waiting in over:
            evidence = waiting.evidence
            present = [p for p in self._present.values() if p.first.time_s <= waiting.until_s]
            again = self._find_same(evidence, present)
            if again is None:
                if not evidence.announced:
                    yield evidence
            else:
                again.absorb(evidence)

    def _announce(self, now_s: float) -> Iterator[Evidence]:
        """Give those who have stayed so long that waiting for their end would be waiting too long."""
        for evidence in self._present.values():
            if not evidence.announced and now_s - evidence.first.time_s > self._stitching.announce_s:
                evidence.announced = True
                yield evidence

    def _find_same(self, evidence: Evidence, others: Sequence[Evidence]) -> Evidence | None:
        if not others:
            return None
        read = evidence.consensus(self._recognizer)
        return next((o for o in others if self._same(read, o.consensus(self._recognizer))), None)

    def _same(self, a: Consensus, b: Consensus) -> bool:
        """Tell whether two reads are of one vehicle.

        Two sure reads that differ are two vehicles, however alike: fleets are registered in series.
        """
        if min(a.score, b.score) < self._reading.hopeless_score:
            return False
        key_a, key_b = plate_key(a.text), plate_key(b.text)
        if key_a == key_b:
            return True
        unsure = min(a.score, b.score) < self._stitching.misread_score
        return unsure and min(len(key_a), len(key_b)) >= 5 and edit_distance(key_a, key_b) == 1
