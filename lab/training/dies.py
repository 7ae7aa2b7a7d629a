"""Dies whose characters differ by little: a `1` that is a bare bar, an `O` and a `0` from one punch, a `Q` with a nick.

On such plates shape alone does not tell the twins apart. A network that has only seen dies that do learns to be sure of
what cannot be seen; one that has met both leaves the choice open, for whatever knows how plates are composed.
"""

from collections.abc import Mapping

import cv2
import numpy as np

from lab.training.fonts import BASELINE, CAP_TOP, GLYPH_HEIGHT, Mask

_STROKE_SHARES = (0.13, 0.2)
"""Of the capitals' height: how broad the strokes of plates are."""


def with_twins(face: Mapping[str, Mask], rng: np.random.Generator) -> Mapping[str, Mask]:
    """Return a face in which some of `1` and `I`, of `0` and `O`, of `O` and `Q` are made alike.

    Args:
        face: masks by character; those of `0`, `1`, `I`, `O` and `Q` are there.
        rng: the source of randomness.

    Returns:
        A mapping of its own; masks that stay are shared with `face`.
    """
    changed = dict(face)
    if rng.random() < 0.65:
        bar = _bar(rng)
        for twin in ("1", "I") if rng.random() < 0.6 else (str(rng.choice(["1", "I"])),):
            changed[twin] = bar
    if rng.random() < 0.65:
        kept, copied = ("0", "O") if rng.random() < 0.6 else ("O", "0")
        changed[copied] = changed[kept]
    if rng.random() < 0.35:
        changed["Q"] = _nicked(changed["O"], rng)
    return changed


def _bar(rng: np.random.Generator) -> Mask:
    """Draw a bar as high as a capital, with as much room beside it as a proportional die gives."""
    cap = BASELINE - CAP_TOP
    stroke = round(cap * rng.uniform(*_STROKE_SHARES))
    room = round(cap * rng.uniform(0.05, 0.2))
    mask = np.zeros((GLYPH_HEIGHT, stroke + 2 * room), np.uint8)
    mask[CAP_TOP:BASELINE, room : room + stroke] = 255
    return mask


def _nicked(round_letter: Mask, rng: np.random.Generator) -> Mask:
    """Add the short stroke at the lower right that makes a `Q` of an `O`."""
    mask = round_letter.copy()
    cap, width = BASELINE - CAP_TOP, mask.shape[1]
    length = cap * rng.uniform(0.15, 0.35)
    end = np.array([width - 2, BASELINE - 1])
    start = end - length * np.array([rng.uniform(0.5, 1.0), rng.uniform(0.5, 1.0)])
    cv2.line(mask, tuple(start.astype(int).tolist()), tuple(end.tolist()), 255, max(2, round(cap * 0.1)), cv2.LINE_AA)
    return mask
