import pytest

from lab.bench.statistics import mcnemar, paired, wilson


@pytest.mark.parametrize(("k", "n", "low", "high"), [(0, 0, 0.0, 1.0), (8, 10, 0.490, 0.943), (0, 10, 0.0, 0.278)])
def test_wilson_intervals(k: int, n: int, low: float, high: float) -> None:
    assert wilson(k, n) == pytest.approx((low, high), abs=1e-3)


@pytest.mark.parametrize(
    ("won", "lost", "p"), [(0, 0, 1.0), (5, 5, 1.0), (6, 0, 0.03125), (10, 1, 0.01172), (1, 10, 0.01172)]
)
def test_mcnemar_is_the_two_sided_binomial_test(won: int, lost: int, p: float) -> None:
    assert mcnemar(won, lost) == pytest.approx(p, abs=1e-5)


def test_a_comparison_counts_only_plates_that_differ() -> None:
    ours = [True] * 60 + [True] * 12 + [False] * 2 + [False] * 26
    theirs = [True] * 60 + [False] * 12 + [True] * 2 + [False] * 26
    result = paired(ours, theirs)
    assert (result.won, result.lost) == (12, 2)
    assert result.difference == pytest.approx(0.10)
    assert 0.0 < result.low < 0.10 < result.high < 0.2
    assert paired(ours, theirs) == result


def test_equal_readers_differ_by_nothing() -> None:
    result = paired([True, False, True], [True, False, True])
    assert (result.won, result.lost, result.p) == (0, 0, 1.0)
    assert (result.difference, result.low, result.high) == (0.0, 0.0, 0.0)
