import pytest
from hypothesis import given
from hypothesis import strategies as st

from anpr.plates import (
    edit_distance,
    is_wildcard,
    like_pattern,
    normalize,
    normalize_pattern,
    plate_key,
    stray_characters,
)


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
        ("MÜ AB 123", "MUAB123"),
        ("MU\u0308 AB 123", "MUAB123"),
        ("\u0410123\u0412\u0421", "A123BC"),
        ("\u0391\u0392\u0395 12", "ABE12"),
        ("BG \u0110123", "BGD123"),
        ("\u0661\u0662\u0663", "123"),
        ("\u4eacA123", "\u4eacA123"),
    ],
)
def test_normalize(text: str, plate: str) -> None:
    assert normalize(text) == plate


@given(st.text())
def test_normalizing_twice_is_normalizing_once(text: str) -> None:
    assert normalize(normalize(text)) == normalize(text)


@given(st.text())
def test_no_letter_is_lost(text: str) -> None:
    assert len(normalize(text)) >= sum(1 for c in text if c.isalnum() and c.isascii())


@pytest.mark.parametrize(
    ("text", "stray"),
    [
        ("M\ufffd AB 123", ["\ufffd"]),
        ("AB#12", ["#"]),
        ("AB\u20ac12", ["\u20ac"]),
        ("b-172 waw", []),
        ("MU\u0308\u00b7AB\u00a0123", []),
        ("AB \u2013 12", []),
        ("\ufeffAB12", []),
    ],
)
def test_what_would_be_dropped_in_silence_is_told(text: str, stray: list[str]) -> None:
    assert stray_characters(text) == stray


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
