"""Looking closer where a plate is in view only briefly: at the frames between two looks.

Looks are as far apart as most vehicles allow. One that crosses the view in a quarter of a second is seen in two of
them, too few to be followed and to be sure of, though the video has more frames of it.
"""

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain

from gpu_worker.vision.detection import Detection
from gpu_worker.vision.geometry import Image
from gpu_worker.vision.video import Frame


@dataclass(frozen=True, slots=True, eq=False)
class Look:
    """One frame, whether it shows another scene than the one before, and the plates in it.

    Attributes:
        frame: the frame.
        cut: it shows another scene than the one before.
        detections: of the plates in it.
        far: of further plates, which are looked for in some frames only and so are no fleeting ones.
    """

    frame: Frame
    cut: bool
    detections: list[Detection]
    far: Sequence[Detection] = ()


@dataclass(frozen=True, slots=True)
class CloserLookSettings:
    """When the frames between two looks are worth it.

    Attributes:
        sure_score: least detector score of a plate that is looked at closer.
        near: a plate that moves by fewer plate widths from look to look is seen often enough as it is.
        max_growth: greatest ratio between the sizes of one plate in two successive looks.
        allowance: closer looks in a row at most; a picture full of flickering detections must not cost many times what
            others do.
        earned: further closer looks for each ordinary one.
    """

    sure_score: float = 0.35
    near: float = 1.0
    max_growth: float = 1.7
    allowance: float = 40.0
    earned: float = 0.2


def with_closer_looks(
    looks: Iterator[Look], find: Callable[[Sequence[Image]], list[list[Detection]]], settings: CloserLookSettings
) -> Iterator[Look]:
    """Insert looks at the skipped frames before and after each fleeting plate; which ones depends on the file only.

    Args:
        looks: in order of time.
        find: the detector, as for the other looks.
        settings: when it is worth it.

    Yields:
        All of `looks` and those between, in order of time; each of `looks` one step late.
    """
    before: Look | None = None
    here: Look | None = None
    was_fleeting = False
    allowance = settings.allowance
    for after in chain(looks, [None]):
        if here is not None:
            fleeting = _has_fleeting(before, here, after, settings)
            # Between two scenes nobody knows which of them a frame belongs to.
            if (fleeting or was_fleeting) and not here.cut:
                skipped = here.frame.skipped[: int(allowance)]
                allowance -= len(skipped)
                frames = [frame.convert() for frame in skipped]
                found = find([frame.image for frame in frames]) if frames else []
                for frame, detections in zip(frames, found, strict=True):
                    yield Look(frame, cut=False, detections=detections)
            yield here
            was_fleeting = fleeting
            allowance = min(settings.allowance, allowance + settings.earned)
        before, here = here, after


def _has_fleeting(before: Look | None, here: Look, after: Look | None, settings: CloserLookSettings) -> bool:
    """Tell whether a plate of this look is near no plate of the looks before and after it."""
    others = [
        *(before.detections if before and not (here.cut or here.frame.cut) else []),
        *(after.detections if after and not (after.cut or after.frame.cut) else []),
    ]
    return any(
        detection.score >= settings.sure_score and not any(_near(detection, other, settings) for other in others)
        for detection in here.detections
    )


def _near(a: Detection, b: Detection, settings: CloserLookSettings) -> bool:
    growth = math.sqrt(max(a.box.area, 1.0) / max(b.box.area, 1.0))
    if not 1 / settings.max_growth <= growth <= settings.max_growth:
        return False
    (ax, ay), (bx, by) = a.box.center, b.box.center
    return math.hypot(ax - bx, ay - by) <= settings.near * max(a.box.width, b.box.width)
