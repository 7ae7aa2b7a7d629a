import itertools
import string

import pytest

from gpu_worker.vision.recognition import personalised


@pytest.mark.parametrize(("word", "other"), [("HELLO", "HELL0"), ("VIPER", "V1PER")])
def test_words_are_made_of_letters(word: str, other: str) -> None:
    assert personalised.probability(word) > personalised.probability(other)


def test_two_i_in_a_row_are_no_word() -> None:
    assert personalised.probability("DINER") > 5 * personalised.probability("DIINR")


def test_all_texts_of_a_shape_make_up_the_shape() -> None:
    texts = ("".join(t) for t in itertools.product(string.ascii_uppercase, string.digits, string.ascii_uppercase))
    assert sum(map(personalised.probability, texts)) == pytest.approx(personalised.of_shape("LDL"), rel=0.01)


@pytest.mark.parametrize("text", ["", "ABCDEFGHIJK"])
def test_no_plate_is_empty_or_longer_than_ten(text: str) -> None:
    assert personalised.probability(text) == 0
