"""Reading text out of a CTC network's posteriors. Pure functions, no I/O.

Posteriors are float32 arrays (steps, 37): column 0 is the CTC blank, then 0-9, then A-Z; each row sums to 1. Separators
printed between characters (hyphens, dots, spaces) are folded into the blank: both end a character, so the likelihood of
the letters and digits is the same.
"""

import math
import string
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

Posteriors = NDArray[np.float32]

SYMBOLS = string.digits + string.ascii_uppercase
_INDEX = {symbol: i for i, symbol in enumerate(SYMBOLS, start=1)}
_FLOOR = 1e-7
_STEPS_UNSCALED = 16
"""Steps after which what is left is scaled up again: 16 at the floor leave 1e-112, a double bears 1e-308."""
_TINY = 1e-300  # keeps logarithms finite


def fold_separators(probabilities: NDArray[np.float32], alphabet: str) -> Posteriors:
    """Reduce a network's own classes to blank, digits and letters.

    Args:
        probabilities: (steps, 1 + len(alphabet)), the blank first.
        alphabet: the network's characters in the order of its classes.

    Returns:
        (steps, 37) posteriors.
    """
    folded = np.zeros((len(probabilities), 1 + len(SYMBOLS)), np.float32)
    folded[:, 0] = probabilities[:, 0]
    for column, character in enumerate(alphabet, start=1):
        folded[:, _INDEX.get(character, 0)] += probabilities[:, column]
    return folded


def best_path(probabilities: NDArray[np.float32], alphabet: str) -> tuple[str, tuple[float, ...]]:
    """Decode greedily: the best class of each step, repeats merged, blanks dropped.

    Args:
        probabilities: (steps, 1 + len(alphabet)), the blank first.
        alphabet: the characters of columns 1 and up.

    Returns:
        The text and one probability a character, the highest among its steps.
    """
    classes = probabilities.argmax(axis=1)
    peaks = probabilities.max(axis=1)
    characters: list[str] = []
    confidences: list[float] = []
    previous = 0
    for step, current in enumerate(classes.tolist()):
        if current and current == previous:
            confidences[-1] = max(confidences[-1], float(peaks[step]))
        elif current:
            characters.append(alphabet[current - 1])
            confidences.append(float(peaks[step]))
        previous = current
    return "".join(characters), tuple(confidences)


def centres(posteriors: Posteriors) -> tuple[float, ...]:
    """Tell where the characters of the greedy decoding stand: fractions of the line's width, one a character."""
    classes = posteriors.argmax(axis=1).tolist()
    runs: list[tuple[int, int]] = []
    previous = 0
    for step, current in enumerate(classes):
        if current and current == previous:
            runs[-1] = (runs[-1][0], step)
        elif current:
            runs.append((step, step))
        previous = current
    return tuple((first + last + 1) / 2 / len(classes) for first, last in runs)


def beam(posteriors: Posteriors, width: int = 8, least: float = 1e-3) -> list[str]:
    """List the likeliest texts by prefix beam search (Hannun et al., 2014, without a language model).

    Args:
        posteriors: (steps, 37).
        width: prefixes kept at each step.
        least: symbols below this probability at a step are not tried there.

    Returns:
        Up to `width` texts, likeliest first; the empty text may be among them.
    """
    prefixes: dict[tuple[int, ...], tuple[float, float]] = {(): (1.0, 0.0)}  # probability ending in blank, in a symbol
    rows = posteriors.tolist()
    for row in rows:
        symbols = [i for i in range(1, len(row)) if row[i] >= least]
        grown: dict[tuple[int, ...], tuple[float, float]] = {}
        for prefix, (in_blank, in_symbol) in prefixes.items():
            last = prefix[-1] if prefix else 0
            blank, symbol = grown.get(prefix, (0.0, 0.0))
            repeat = in_symbol * row[last] if last else 0.0
            grown[prefix] = (blank + (in_blank + in_symbol) * row[0], symbol + repeat)
            for s in symbols:
                longer = (*prefix, s)
                blank, symbol = grown.get(longer, (0.0, 0.0))
                # Only a blank in between makes a doubled character out of a repeated one.
                grown[longer] = (blank, symbol + (in_blank if s == last else in_blank + in_symbol) * row[s])
        if len(grown) > width or row is rows[-1]:
            ranked = sorted([(-blank - symbol, prefix) for prefix, (blank, symbol) in grown.items()])
            grown = {prefix: grown[prefix] for _, prefix in ranked[:width]}
        total = sum([blank + symbol for blank, symbol in grown.values()]) or 1.0
        prefixes = {prefix: (blank / total, symbol / total) for prefix, (blank, symbol) in grown.items()}
    return ["".join(SYMBOLS[i - 1] for i in prefix) for prefix in prefixes]


def log_likelihoods(posteriors: Posteriors, texts: Sequence[str]) -> NDArray[np.float64]:
    """Compute how likely each text is under the posteriors, over all alignments (Graves et al., 2006, section 4.1).

    Args:
        posteriors: (steps, 37).
        texts: normalised texts, possibly of different lengths.

    Returns:
        (len(texts),) natural logarithms; a text longer than the steps allow gets a very negative value.
    """
    if not texts:
        return np.zeros(0)
    longest = max(map(len, texts))
    labels = np.zeros((len(texts), 2 * longest + 1), np.intp)  # blanks at even places
    for i, text in enumerate(texts):
        labels[i, 1 : 2 * len(text) : 2] = [_INDEX[character] for character in text]
    may_skip = np.zeros(labels.shape, bool)
    may_skip[:, 2:] = (labels[:, 2:] != 0) & (labels[:, 2:] != labels[:, :-2])
    emitted = np.maximum(posteriors, _FLOOR).astype(np.float64)
    alpha = np.zeros(labels.shape)
    alpha[:, :2] = emitted[0][labels[:, :2]]
    scale = np.zeros(len(texts))  # logarithm of what alpha was divided by, so that long lines do not underflow
    skips = may_skip[:, 2:].astype(np.float64)
    for step, observed in enumerate(emitted[1:][:, labels]):
        reached = alpha.copy()
        reached[:, 1:] += alpha[:, :-1]
        reached[:, 2:] += skips * alpha[:, :-2]
        alpha = reached * observed
        if step % _STEPS_UNSCALED == _STEPS_UNSCALED - 1:
            peak = np.maximum(alpha.max(axis=1), _TINY)
            alpha /= peak[:, np.newaxis]
            scale += np.log(peak)
    ends = 2 * np.array([len(text) for text in texts])
    rows = np.arange(len(texts))
    in_symbol = np.where(ends > 0, alpha[rows, np.maximum(ends - 1, 0)], 0.0)
    return np.asarray(scale + np.log(np.maximum(alpha[rows, ends] + in_symbol, _TINY)))


def from_text(text: str, confidences: Sequence[float]) -> Posteriors:
    """Build the posteriors that an engine which returns only text would have had.

    Each character gets one step with its confidence, the rest spread evenly over the other symbols, and a blank step
    before and after, so that such an engine's reads vote like any other's.

    Args:
        text: normalised text.
        confidences: one probability a character.

    Returns:
        (2 * len(text) + 1, 37) posteriors.
    """
    posteriors = np.zeros((2 * len(text) + 1, 1 + len(SYMBOLS)), np.float32)
    posteriors[::2, 0] = 1.0
    for i, (character, confidence) in enumerate(zip(text, confidences, strict=True)):
        step = posteriors[2 * i + 1]
        step[1:] = (1.0 - confidence) / (len(SYMBOLS) - 1)
        step[_INDEX[character]] = confidence
    return posteriors


def per_character(log_likelihood: float, text: str) -> float:
    """Return the geometric mean probability of a character, 0 to 1: comparable between texts of different lengths."""
    return math.exp(log_likelihood / max(1, len(text)))
