"""How sure a figure is, and a difference between two ways of reading the same plates. Pure functions."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

_Z = 1.959964
_RESAMPLES = 4000


def wilson(successes: int, trials: int) -> tuple[float, float]:
    """Return the 95 % Wilson score interval of a proportion; (0, 1) without trials."""
    if not trials:
        return 0.0, 1.0
    share = successes / trials
    centre = share + _Z**2 / (2 * trials)
    half = _Z * math.sqrt(share * (1 - share) / trials + _Z**2 / (4 * trials**2))
    scale = 1 + _Z**2 / trials
    return (centre - half) / scale, (centre + half) / scale


@dataclass(frozen=True, slots=True)
class Paired:
    """How a way of reading compares with another on the same plates.

    Attributes:
        won: plates that only this one reads.
        lost: plates that only the other reads.
        p: of McNemar's exact test, two-sided: how surprising such a split is if neither reads better.
        difference: in the share read exactly.
        low: lower end of the difference's 95 % bootstrap interval.
        high: its upper end.
    """

    won: int
    lost: int
    p: float
    difference: float
    low: float
    high: float


def paired(ours: Sequence[bool], theirs: Sequence[bool]) -> Paired:
    """Compare two ways of reading, plate by plate.

    Args:
        ours: whether each plate was read exactly.
        theirs: the same of the same plates by the other way; at least one plate.

    Returns:
        The comparison; the bootstrap resamples plates with a fixed seed, so the same input gives the same interval.
    """
    steps = np.array(ours, np.int8) - np.array(theirs, np.int8)
    won, lost = int((steps > 0).sum()), int((steps < 0).sum())
    chosen = np.random.default_rng(0).integers(0, len(steps), (_RESAMPLES, len(steps)))
    low, high = np.quantile(steps[chosen].mean(axis=1), [0.025, 0.975])
    return Paired(won, lost, mcnemar(won, lost), float(steps.mean()), float(low), float(high))


def mcnemar(won: int, lost: int) -> float:
    """Return the two-sided exact p of McNemar's test; 1 where nothing differs."""
    differing = won + lost
    tail = sum(math.comb(differing, k) for k in range(min(won, lost) + 1))
    return min(1.0, 2.0 * tail / float(2**differing))
