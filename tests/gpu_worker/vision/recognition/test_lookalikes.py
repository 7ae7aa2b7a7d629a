import numpy as np
import pytest

from gpu_worker.vision.recognition import ctc, lookalikes


def _sure_of(symbol: str) -> ctc.Posteriors:
    posteriors = np.zeros((1, 37), np.float32)
    posteriors[0, 1 + ctc.SYMBOLS.index(symbol)] = 1.0
    return posteriors


@pytest.mark.parametrize("symbol", ctc.SYMBOLS)
def test_sharing_out_keeps_the_total_and_the_favourite(symbol: str) -> None:
    spread = lookalikes.spread(_sure_of(symbol))
    assert spread.sum() == pytest.approx(1.0, abs=1e-5)
    assert spread.argmax() == 1 + ctc.SYMBOLS.index(symbol)
    assert spread.min() > 0


def test_a_twin_gets_more_than_any_other() -> None:
    spread = lookalikes.spread(_sure_of("O"))[0]
    assert spread.argsort()[-2] == 1 + ctc.SYMBOLS.index("0")


def test_the_argument_is_left_alone() -> None:
    posteriors = _sure_of("I")
    lookalikes.spread(posteriors)
    lookalikes.fold_twins(posteriors)
    assert (posteriors == _sure_of("I")).all()


def test_twins_fold_the_same_way_in_text_and_posteriors() -> None:
    folded = lookalikes.fold_twins(_sure_of("O"))[0]
    assert ctc.SYMBOLS[int(folded.argmax()) - 1] == lookalikes.fold_twins_text("O") == "0"
