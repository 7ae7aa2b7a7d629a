"""Characters that a reader trained on print cannot tell apart on a plate, and what that does to its posteriors.

A general reader's certainty between O and 0 is about the fonts it was trained on, not about this plate: many national
fonts draw both alike. Giving each class a share of its look-alikes' probability keeps the right text among the
candidates, where what plates say (`formats`) can settle it.
"""

from functools import cache

import numpy as np
from numpy.typing import NDArray

from gpu_worker.vision.recognition.ctc import SYMBOLS, Posteriors

_SAME_SHAPE = {"O": ("0", 0.2), "0": ("O", 0.2), "I": ("1", 0.4), "1": ("I", 0.15)}
"""What a class gives to its twin. A 1 that is a bare bar is read as I; an I is seldom read as 1, as it has no flag."""
_NEAR_SHAPE = 0.01
_ANY_SHAPE = 0.003
"""Spread over all classes, so that one reader's blind certainty cannot veto what all other cuts agree on."""

_TWINS = (("O", "0"), ("I", "1"))
_NEAR = {
    "O": "DQ",
    "0": "DQ",
    "D": "0O",
    "Q": "0O",
    "I": "LTJ",
    "1": "I7TL",
    "B": "8",
    "8": "B",
    "S": "5",
    "5": "S",
    "Z": "2",
    "2": "Z",
    "G": "6C",
    "6": "G",
    "C": "G",
    "A": "4",
    "4": "A",
    "T": "1I7",
    "7": "1T",
    "V": "Y",
    "Y": "V",
    "L": "1I",
    "J": "1",
    "U": "V0",
    "M": "N",
    "N": "M",
    "W": "N",
    "H": "N",
    "E": "F",
    "F": "E",
    "K": "X",
    "X": "K",
    "P": "F",
    "R": "P",
}


@cache
def _shares() -> NDArray[np.float32]:
    """Return the (37, 37) matrix whose row says how a class's probability is shared out; rows sum to 1."""
    index = {symbol: i for i, symbol in enumerate(SYMBOLS, start=1)}
    shares = np.zeros((1 + len(SYMBOLS), 1 + len(SYMBOLS)), np.float32)
    for symbol, others in _NEAR.items():
        for other in others:
            shares[index[symbol], index[other]] = _NEAR_SHAPE
    for symbol, (twin, share) in _SAME_SHAPE.items():
        shares[index[symbol], index[twin]] = share
    np.fill_diagonal(shares, 1 - shares.sum(axis=1))
    return shares


def spread(posteriors: Posteriors) -> Posteriors:
    """Share each class's probability out to its look-alikes.

    Args:
        posteriors: (steps, 37) float32.

    Returns:
        A new array of the same shape; rows still sum to 1.
    """
    classes = posteriors.shape[1]
    shared = (1 - _ANY_SHAPE) * (posteriors @ _shares()) + _ANY_SHAPE / classes
    return np.asarray(shared, np.float32)


def fold_twins(posteriors: Posteriors) -> Posteriors:
    """Move the probability of O onto 0 and of I onto 1, for a confidence that does not depend on that choice."""
    folded = posteriors.copy()
    for letter, digit in _TWINS:
        i, j = 1 + SYMBOLS.index(letter), 1 + SYMBOLS.index(digit)
        folded[:, j] += folded[:, i]
        folded[:, i] = 0
    return folded


def fold_twins_text(text: str) -> str:
    """The same folding of a text."""
    for letter, digit in _TWINS:
        text = text.replace(letter, digit)
    return text
