"""Following plates from frame to frame. Knows boxes and times, nothing of text.

Association in the manner of ByteTrack (Zhang et al., 2022): confident detections first, then faint ones for the tracks
that are left, so that a plate that blurs for a moment keeps its track. Boxes are compared at the place where each track
is expected by its motion. Plates are small and move by more than their own size between sampled frames, so beside IoU
the distance in plate widths counts.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field

from gpu_worker.vision.detection import Detection
from gpu_worker.vision.geometry import BoundingBox


@dataclass(frozen=True, slots=True)
class TrackingSettings:
    """When a detection belongs to a track, and when a track has ended.

    Attributes:
        start_score: least detector score that starts a track.
        max_gap_s: a track not seen for longer has ended.
        max_step: farthest a plate may be from where it is expected, in plate widths; grows with the time unseen.
        max_growth: greatest ratio between the sizes of one plate in two successive sightings.
    """

    start_score: float = 0.35
    max_gap_s: float = 0.8
    max_step: float = 1.5
    max_growth: float = 1.7


@dataclass(frozen=True, slots=True)
class Sighting:
    """One detection as part of a track."""

    frame: int
    time_s: float
    detection: Detection


@dataclass(slots=True)
class Track:
    """One plate followed over time; `sightings` are in order of time."""

    number: int
    first: Sighting
    last: Sighting
    seen: int = 1
    velocity: tuple[float, float] = (0.0, 0.0)  # px a second
    _measured: int = field(default=0, repr=False)

    def expected(self, time_s: float) -> BoundingBox:
        """Return the box where the plate should be at `time_s`, by constant velocity."""
        elapsed = time_s - self.last.time_s
        return self.last.detection.box.shifted(self.velocity[0] * elapsed, self.velocity[1] * elapsed)

    def extend(self, sighting: Sighting) -> None:
        """Add the next sighting."""
        elapsed = sighting.time_s - self.last.time_s
        if elapsed > 0:
            (x0, y0), (x1, y1) = self.last.detection.box.center, sighting.detection.box.center
            gain = 1.0 if self._measured == 0 else 0.5
            self.velocity = (
                (1 - gain) * self.velocity[0] + gain * (x1 - x0) / elapsed,
                (1 - gain) * self.velocity[1] + gain * (y1 - y0) / elapsed,
            )
            self._measured += 1
        self.last = sighting
        self.seen += 1


@dataclass(frozen=True, slots=True)
class TrackUpdate:
    """What one frame did.

    Attributes:
        seen: tracks with a detection in this frame, new ones among them.
        ended: tracks that are over.
    """

    seen: list[tuple[Track, Sighting]]
    ended: list[Track]


class Tracker:
    """Joins the detections of successive frames of one video into tracks."""

    def __init__(self, settings: TrackingSettings) -> None:
        self._settings = settings
        self._active: list[Track] = []
        self._started = 0

    @property
    def active(self) -> tuple[Track, ...]:
        return tuple(self._active)

    def update(self, frame: int, time_s: float, detections: Sequence[Detection]) -> TrackUpdate:
        """Take in the detections of the next frame.

        Args:
            frame: its index.
            time_s: its time, not before the last one's.
            detections: in any order.

        Returns:
            Which tracks were seen and which have ended.
        """
        strong = [d for d in detections if d.score >= self._settings.start_score]
        faint = [d for d in detections if d.score < self._settings.start_score]
        pairs = self._associate(self._active, strong, time_s)
        matched = {track.number for track, _ in pairs}
        pairs += self._associate([t for t in self._active if t.number not in matched], faint, time_s)
        seen: list[tuple[Track, Sighting]] = []
        for track, detection in pairs:
            sighting = Sighting(frame, time_s, detection)
            track.extend(sighting)
            seen.append((track, sighting))
        used = {id(detection) for _, detection in pairs}
        seen += [self._start(Sighting(frame, time_s, d)) for d in strong if id(d) not in used]
        ended = [t for t in self._active if time_s - t.last.time_s > self._settings.max_gap_s]
        self._active = [t for t in self._active if time_s - t.last.time_s <= self._settings.max_gap_s]
        return TrackUpdate(seen, ended)

    def finish(self) -> list[Track]:
        """End all tracks: the video is over, or the scene has changed."""
        ended, self._active = self._active, []
        return ended

    def _start(self, sighting: Sighting) -> tuple[Track, Sighting]:
        track = Track(self._started, sighting, sighting)
        self._started += 1
        self._active.append(track)
        return track, sighting

    def _associate(
        self, tracks: Sequence[Track], detections: Sequence[Detection], time_s: float
    ) -> list[tuple[Track, Detection]]:
        """Pair tracks and detections, cheapest pair first; each is used once."""
        costs = []
        for i, track in enumerate(tracks):
            for j, detection in enumerate(detections):
                cost = self._cost(track, detection, time_s)
                if cost is not None:
                    costs.append((cost, i, j))
        pairs: list[tuple[Track, Detection]] = []
        used_tracks: set[int] = set()
        used_detections: set[int] = set()
        for _, i, j in sorted(costs):
            if i not in used_tracks and j not in used_detections:
                used_tracks.add(i)
                used_detections.add(j)
                pairs.append((tracks[i], detections[j]))
        return pairs

    def _cost(self, track: Track, detection: Detection, time_s: float) -> float | None:
        """Return how badly a detection fits a track, or None if it cannot be the same plate."""
        settings = self._settings
        expected, last, box = track.expected(time_s), track.last.detection.box, detection.box
        growth = math.sqrt(max(box.area, 1.0) / max(last.area, 1.0))
        if not 1 / settings.max_growth <= growth <= settings.max_growth:
            return None
        width = max(last.width, box.width, 1.0)
        (x0, y0), (x1, y1) = expected.center, box.center
        distance = math.hypot(x1 - x0, y1 - y0) / width
        elapsed = time_s - track.last.time_s
        if distance > settings.max_step * (1 + elapsed / settings.max_gap_s):
            return None
        return distance + abs(math.log(growth)) + 1 - expected.iou(box)
