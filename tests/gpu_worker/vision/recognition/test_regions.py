import pytest

from gpu_worker.vision.recognition.regions import country, pooled, region_of

NOBODY: frozenset[str] = frozenset()


def test_looks_and_layout_together_name_a_country() -> None:
    region = region_of("LS15EBC", {"gb": 0.5, "fr": 0.3, "us": 0.2}, NOBODY)
    assert region is not None
    assert region.code == "gb"
    assert region.score > 0.9


def test_a_layout_that_only_one_country_has_does_not_outweigh_the_looks() -> None:
    # CCLVN3 is composed as German plates are, but it looks like an American one: a personalised plate.
    region = region_of("CCLVN3", {"us": 0.97, "de": 0.001, "fr": 0.029}, NOBODY)
    assert region is not None
    assert region.code == "us"


def test_no_country_is_named_where_none_is_likelier_than_all_others() -> None:
    assert region_of("AB123CD", {"it": 0.4, "sk": 0.3, "fr": 0.3}, NOBODY) is None
    assert region_of("XX", {}, NOBODY) is None


def test_a_layout_shared_by_many_is_the_cameras_countrys() -> None:
    assert region_of("ABC123", {}, NOBODY) is None
    region = region_of("LLPP777", {}, frozenset({"si"}))
    assert region is not None
    assert region.code == "si"


def test_a_hint_for_another_country_does_not_hide_a_clear_plate() -> None:
    region = region_of("LS15EBC", {"gb": 0.95, "fr": 0.05}, frozenset({"fr"}))
    assert region is not None
    assert region.code == "gb"


def test_pictures_that_disagree_are_weighed() -> None:
    joined = pooled([({"gb": 0.9, "fr": 0.1}, 3.0), ({"gb": 0.1, "fr": 0.9}, 1.0), ({}, 50.0)])
    assert joined["gb"] == pytest.approx(0.75)
    assert sum(joined.values()) == pytest.approx(1)
    assert pooled([({}, 1.0)]) == pooled([]) == {}


@pytest.mark.parametrize("code", ["us-ca", "US", " us "])
def test_a_state_is_in_its_country(code: str) -> None:
    assert country(code) == "us"
