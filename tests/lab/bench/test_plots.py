from collections import Counter

import numpy as np

from gpu_worker.vision.geometry import Image
from lab.bench import plots


def _coloured(image: Image) -> int:
    """Pixels that are neither grey, black nor white: the bars."""
    return int((image.max(axis=2).astype(int) - image.min(axis=2) > 40).sum())


def test_higher_shares_have_higher_bars() -> None:
    low = plots.bars("t", {"set": [plots.Bar("a", 0.2, 0.1, 0.3)]})
    high = plots.bars("t", {"set": [plots.Bar("a", 0.8, 0.7, 0.9)]})
    assert low.shape == high.shape
    assert _coloured(high) > 3 * _coloured(low)


def test_each_reader_has_a_colour_of_its_own() -> None:
    bars = [plots.Bar("a", 0.5, 0.4, 0.6), plots.Bar("b", 0.5, 0.4, 0.6)]
    image = plots.bars("t", {"one": bars, "two": bars})
    colours = {tuple(c) for c in image.reshape(-1, 3).tolist() if max(c) - min(c) > 40}
    assert len(colours) >= 2


def test_frequent_confusions_are_darker() -> None:
    image = plots.confusion_matrix("t", Counter({("B", "8"): 9, ("I", ""): 1}))
    redness = 255 - image[..., 0].astype(int)
    redness[np.ptp(image.astype(int), axis=2) < 10] = 0
    assert len(np.unique(redness[redness > 0])) >= 2


def test_no_confusion_is_an_empty_matrix() -> None:
    assert _coloured(plots.confusion_matrix("t", Counter())) == 0
