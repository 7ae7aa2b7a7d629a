import pytest
from hypothesis import given
from hypothesis import strategies as st

from anpr.plates import edit_distance, is_wildcard, like_pattern, normalize, normalize_pattern, plate_key


@pytest.mark.parametrize(
    ("text", "plate"),
    [
        ("b-172 waw", "B172WAW"),
        ("34A-368.37", "34A36837"),
        ("Ö·AB 12", "OAB12"),
        ("\uff21\uff11\uff12", "A12"),
        ("  --  ", ""),
        ("", ""),
        ("12\x003", "123"),
    ],
)
def test_normalize(text: str, plate: str) -> None:
    assert normalize(text) == plate


@given(st.text())
def test_normalizing_twice_is_normalizing_once(text: str) -> None:
    assert normalize(normalize(text)) == normalize(text)


@pytest.mark.parametrize(("a", "b"), [("BOB", "8O8"), ("IQD", "100"), ("s2g", "526"), ("LZ", "I2")])
def test_look_alikes_have_one_key(a: str, b: str) -> None:
    assert plate_key(a) == plate_key(b)


def test_different_plates_have_different_keys() -> None:
    assert plate_key("AB12") != plate_key("AB13")


@pytest.mark.parametrize(
    ("pattern", "normal", "like"),
    [
        ("b-1?2*", "B1?2*", "B1_2%"),
        ("**a**", "*A*", "%A%"),
        ("a%b_c", "ABC", "ABC"),
        ("?", "?", "_"),
        (".*[a-z]", "*AZ", "%AZ"),
    ],
)
def test_patterns(pattern: str, normal: str, like: str) -> None:
    assert normalize_pattern(pattern) == normal
    assert like_pattern(pattern) == like


def test_is_wildcard() -> None:
    assert is_wildcard("A?")
    assert is_wildcard("*A")
    assert not is_wildcard("AB12")


@pytest.mark.parametrize(
    ("a", "b", "edits"), [("", "", 0), ("AB", "", 2), ("AB12", "AB12", 0), ("AB12", "A812", 1), ("AB12", "B12", 1)]
)
def test_edit_distance(a: str, b: str, edits: int) -> None:
    assert edit_distance(a, b) == edits
    assert edit_distance(b, a) == edits
