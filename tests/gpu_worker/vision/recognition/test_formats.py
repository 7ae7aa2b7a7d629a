import itertools
import string

import numpy as np
import pytest

from gpu_worker.vision.recognition import formats
from gpu_worker.vision.recognition.formats import ELSEWHERE, Catalogue


@pytest.fixture(scope="module")
def catalogue() -> Catalogue:
    return formats.load()


def likelihood(catalogue: Catalogue, country: str, text: str) -> float:
    return float(catalogue.given_country([text])[catalogue.countries.index(country), 0])


@pytest.mark.parametrize(
    ("plate", "region"),
    [
        ("LS15EBC", "gb"),
        ("B172WAW", "ro"),
        ("IF05TAC", "ro"),
        ("BRA2E19", "br"),
        ("AB123CD", "fr"),
        ("6GQR959", "us"),
        ("34A36837", "vn"),
        ("46GZB8", "nl"),
        ("5AU5341", "cz"),
        ("HHP8586", "de"),
        ("MH12DE1433", "in"),
        ("1264230", "tn"),
        ("B2407UZO", "id"),
    ],
)
def test_a_plate_is_likelier_in_its_own_country_than_among_all_others_of_unknown_layouts(
    catalogue: Catalogue, plate: str, region: str
) -> None:
    assert likelihood(catalogue, region, plate) > 5 * likelihood(catalogue, ELSEWHERE, plate)


@pytest.mark.parametrize(
    ("likelier", "other"),
    [
        ("1264230", "I264230"),
        ("FE11DEK", "FEIIDEK"),
        ("B172WAW", "BI72WAW"),
        ("RIO2A18", "RIOZA18"),
        ("HELLO", "HELL0"),
        ("AB123CD", "AB123CO"),
    ],
)
def test_what_a_plate_says_is_likelier_than_its_look_alike(catalogue: Catalogue, likelier: str, other: str) -> None:
    one, two = catalogue.traffic @ catalogue.given_country([likelier, other])
    assert one > two


@pytest.mark.parametrize("text", ["", "20140617083822", "ABCDEFGHIJKLMNOP"])
def test_no_plate_says_what_is_too_short_or_too_long(catalogue: Catalogue, text: str) -> None:
    assert catalogue.given_country([text]).max() == 0


def test_the_texts_of_one_length_share_no_more_than_all_probability(catalogue: Catalogue) -> None:
    texts = ["".join(t) for t in itertools.product(string.ascii_uppercase + string.digits, repeat=3)]
    assert catalogue.given_country(texts).sum(axis=1).max() <= 1 + 1e-9


def test_shapes_and_texts_agree(catalogue: Catalogue) -> None:
    texts = ["".join(t) for t in itertools.product(string.ascii_uppercase, string.ascii_uppercase, string.digits)]
    np.testing.assert_allclose(
        catalogue.given_country(texts).sum(axis=1), catalogue.shape_given_country("LLD"), rtol=1e-6
    )


def test_traffic_is_a_distribution_over_all_countries(catalogue: Catalogue) -> None:
    assert catalogue.traffic.sum() == pytest.approx(1)
    assert len(catalogue.traffic) == len(catalogue.countries) > 150
    assert formats.known_regions() == set(catalogue.countries) - {ELSEWHERE}


def test_letters_and_codes_that_are_not_listed_are_unlikely_and_not_impossible(catalogue: Catalogue) -> None:
    assert likelihood(catalogue, "es", "1234BCD") > 100 * likelihood(catalogue, "es", "1234AEI") > 0
    assert likelihood(catalogue, "in", "MH12DE1433") > 100 * likelihood(catalogue, "in", "QX12DE1433") > 0
