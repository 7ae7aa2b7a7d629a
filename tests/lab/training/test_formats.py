import re
import string

import numpy as np
import pytest

from gpu_worker.vision.recognition.layouts import parse
from lab.training.formats import Catalogue, Region, Token, draw_number, expand, number_text

US_STATES = 51  # with the District of Columbia


def region(catalogue: Catalogue, code: str) -> Region:
    return next(r for r in catalogue.regions if r.code == code)


def test_the_catalogue_covers_the_us_and_more_than_forty_countries(catalogue: Catalogue) -> None:
    assert sum(code.startswith("us-") for code in catalogue.codes) == US_STATES
    assert len({code.split("-")[0] for code in catalogue.codes}) > 40
    assert len(set(catalogue.codes)) == len(catalogue.codes)


def test_every_layout_of_every_region_gives_one_to_eleven_characters_a_plate(catalogue: Catalogue) -> None:
    rng = np.random.default_rng(0)
    for one in catalogue.regions:
        for layout in one.rows:
            rows = expand(layout, rng)
            assert 1 <= len(rows) <= 2, (one.code, layout)
            assert 1 <= sum(len(number_text(row)) for row in rows) <= 11, (one.code, layout)
            assert all(number_text(row) for row in rows), (one.code, layout)


@pytest.mark.parametrize(
    ("layout", "pattern"),
    [
        ("LL-DDD", "[AB]{2}[0-9]{3}"),
        ("N LLL", "[1-9][AB]{3}"),
        ("(GP) DD", "GP[0-9]{2}"),
        ("L*D_D.D", "[AB][0-9]{3}"),
    ],
)
def test_a_layout_says_what_is_written(layout: str, pattern: str) -> None:
    rng = np.random.default_rng(1)
    for _ in range(20):
        (row,) = expand(parse(layout, "AB", {}), rng)
        assert re.fullmatch(pattern, number_text(row))


def test_a_weighed_layout_is_drawn_more_often(catalogue: Catalogue) -> None:
    spain, rng = region(catalogue, "es"), np.random.default_rng(2)
    texts = [number_text(draw_number(spain, rng)[0]) for _ in range(400)]
    assert sum(bool(re.fullmatch("[0-9]{4}[A-Z]{3}", text)) for text in texts) > 150


def test_a_layout_keeps_its_separators_gaps_and_seals_in_place() -> None:
    (row,) = expand(parse("L-D L*D_D", "X", {}), np.random.default_rng(0))
    assert [token.kind for token in row] == [
        *("character", "separator", "character", "gap", "character", "seal", "character", "thin", "character")
    ]


def test_a_slash_starts_a_second_row() -> None:
    first, second = expand(parse("LL/DDDD", "X", {}), np.random.default_rng(0))
    assert number_text(first) == "XX"
    assert number_text(second).isdigit()


def test_stacked_letters_and_separators_are_not_part_of_the_number() -> None:
    row = (Token("stack", "DP"), Token("character", "A"), Token("separator", "-"), Token("emblem"))
    assert number_text(row) == "A"


def test_most_numbers_follow_a_layout_and_some_do_not(catalogue: Catalogue) -> None:
    """Personalised and scrambled plates keep the network from guessing by format."""
    rng = np.random.default_rng(3)
    italian = re.compile("[A-Z]{2}[0-9]{3}[A-Z]{2}")
    numbers = [number_text(draw_number(region(catalogue, "it"), rng)[0]) for _ in range(400)]
    matching = sum(bool(italian.fullmatch(number)) for number in numbers)
    assert 0.5 < matching / len(numbers) < 0.95
    assert all(set(number) <= set(string.ascii_uppercase + string.digits) for number in numbers)


def test_letters_that_a_region_does_not_use_are_not_drawn_by_its_layouts(catalogue: Catalogue) -> None:
    spain = region(catalogue, "es")
    rng = np.random.default_rng(4)
    text = "".join(number_text(expand(parse("DDDD LLL", spain.letters, {}), rng)[0]) for _ in range(100))
    assert not set(text) & set("AEIOUQ")


def test_every_font_has_a_version(catalogue: Catalogue) -> None:
    assert "default" in catalogue.font_versions
    assert all(re.fullmatch(r"[a-z0-9-]+ [1-9]00", face) for face in catalogue.faces)
