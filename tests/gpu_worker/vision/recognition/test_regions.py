import pytest

from gpu_worker.vision.recognition import formats
from gpu_worker.vision.recognition.regions import Region, country, named, pooled


def test_a_country_is_named_where_it_is_sure() -> None:
    assert named({"gb": 0.96, "fr": 0.03, "us": 0.01}) == Region("gb", 0.96)


def test_none_is_named_where_it_is_not() -> None:
    assert named({"it": 0.6, "sk": 0.2, "fr": 0.2}) is None
    assert named({}) is None


def test_a_country_that_is_not_in_the_catalogue_has_no_name() -> None:
    assert named({formats.ELSEWHERE: 0.99, "us": 0.01}) is None


def test_pictures_that_disagree_are_weighed() -> None:
    joined = pooled([({"gb": 0.9, "fr": 0.1}, 3.0), ({"gb": 0.1, "fr": 0.9}, 1.0), ({}, 50.0)])
    assert joined["gb"] == pytest.approx(0.75)
    assert sum(joined.values()) == pytest.approx(1)
    assert pooled([({}, 1.0)]) == pooled([]) == {}


@pytest.mark.parametrize("code", ["us-ca", "US", " us "])
def test_a_state_is_in_its_country(code: str) -> None:
    assert country(code) == "us"
