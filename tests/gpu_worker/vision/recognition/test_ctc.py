import itertools

import numpy as np
import pytest

from gpu_worker.vision.recognition import ctc


def _posteriors(steps: int, classes: int, seed: int) -> ctc.Posteriors:
    drawn = np.zeros((steps, 37), np.float32)
    drawn[:, :classes] = np.random.default_rng(seed).random((steps, classes)) ** 4
    return np.asarray(drawn / drawn.sum(axis=1, keepdims=True), np.float32)


def _by_enumeration(posteriors: ctc.Posteriors, classes: int) -> dict[str, float]:
    """Sum the probability of every path that collapses to each text: the definition itself."""
    totals: dict[str, float] = {}
    for path in itertools.product(range(classes), repeat=len(posteriors)):
        text = "".join(ctc.SYMBOLS[k - 1] for k, _ in itertools.groupby(path) if k)
        totals[text] = totals.get(text, 0.0) + float(np.prod([posteriors[i, k] for i, k in enumerate(path)]))
    return totals


@pytest.mark.parametrize("seed", range(5))
def test_likelihood_is_the_sum_over_all_alignments(seed: int) -> None:
    posteriors = _posteriors(5, 4, seed)
    expected = _by_enumeration(posteriors, 4)
    texts = list(expected)
    assert np.exp(ctc.log_likelihoods(posteriors, texts)) == pytest.approx([expected[t] for t in texts], abs=1e-5)


@pytest.mark.parametrize("seed", range(5))
def test_beam_finds_the_likeliest_texts_in_order(seed: int) -> None:
    posteriors = _posteriors(4, 4, seed)
    totals = _by_enumeration(posteriors, 4)
    best = sorted(totals, key=lambda text: -totals[text])[:4]
    assert ctc.beam(posteriors, width=60, least=0.0)[:4] == best


def test_a_text_longer_than_the_steps_is_all_but_impossible() -> None:
    assert ctc.log_likelihoods(_posteriors(3, 4, 0), ["0123"])[0] < -100


def test_long_lines_do_not_underflow() -> None:
    posteriors = np.full((400, 37), 1 / 37, np.float32)
    value = ctc.log_likelihoods(posteriors, ["ABC123"])[0]
    assert -1500 < value < -1000


def test_no_texts_have_no_likelihoods() -> None:
    assert ctc.log_likelihoods(_posteriors(3, 4, 0), []).shape == (0,)


def test_best_path_merges_repeats_and_keeps_doubles_parted_by_a_blank() -> None:
    alphabet = "AB"
    rows = [1, 1, 0, 1, 2, 2]  # A A blank A B B
    probabilities = np.full((6, 3), 0.05, np.float32)
    for step, column in enumerate(rows):
        probabilities[step, column] = 0.9
    probabilities[1, 1] = 0.7
    text, confidences = ctc.best_path(probabilities, alphabet)
    assert text == "AAB"
    assert confidences == pytest.approx((0.9, 0.9, 0.9))


def test_separators_end_a_character_like_a_blank() -> None:
    probabilities = np.zeros((3, 4), np.float32)  # blank, A, hyphen, 7
    probabilities[0, 1] = probabilities[1, 2] = probabilities[2, 1] = 1.0
    folded = ctc.fold_separators(probabilities, "A-7")
    assert folded.shape == (3, 37)
    assert folded.sum(axis=1) == pytest.approx([1, 1, 1])
    assert ctc.beam(folded)[0] == "AA"


def test_text_only_reads_become_posteriors_that_say_the_same() -> None:
    posteriors = ctc.from_text("AA7", (0.9, 0.8, 0.7))
    assert posteriors.sum(axis=1) == pytest.approx(np.ones(7))
    assert ctc.beam(posteriors)[0] == "AA7"
    assert np.exp(ctc.log_likelihoods(posteriors, ["AA7"])[0]) == pytest.approx(0.9 * 0.8 * 0.7, rel=1e-3)


def test_characters_stand_where_their_steps_are() -> None:
    posteriors = ctc.from_text("AAB", (0.9, 0.9, 0.9))
    assert ctc.centres(posteriors) == pytest.approx((1.5 / 7, 3.5 / 7, 5.5 / 7))
    widened = np.repeat(posteriors, 2, axis=0)
    assert ctc.centres(widened) == pytest.approx((3 / 14, 7 / 14, 11 / 14))
    assert ctc.centres(ctc.from_text("", ())) == ()
