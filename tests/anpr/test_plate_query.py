import pytest

from anpr.errors import Unprocessable
from anpr.plate_query import How, Match, Matched, parse


@pytest.mark.parametrize(
    ("text", "match", "expected"),
    [
        ("b-172 waw", None, (Match.EXACT, "B172WAW")),
        ("51F-123.45", None, (Match.EXACT, "51F12345")),
        ("B?72*", None, (Match.WILDCARD, "B?72*")),
        ("b 1**", None, (Match.WILDCARD, "B1*")),
        ("B172", Match.WILDCARD, (Match.WILDCARD, "B172")),
        ("b172waw", Match.FUZZY, (Match.FUZZY, "B172WAW")),
        ("\uff22\uff11\uff12", None, (Match.EXACT, "B12")),
    ],
)
def test_what_is_typed_is_normalised(text: str, match: Match | None, expected: tuple[Match, str]) -> None:
    query = parse(text, match)
    assert (query.match, query.text) == expected


@pytest.mark.parametrize(
    ("text", "match", "words"),
    [
        ("B[0-9]+", None, "regular expression"),
        ("^B1", None, "regular expression"),
        ("B.*", None, "regular expression"),
        ("(B|C)1", None, "regular expression"),
        ("B\\d", None, "regular expression"),
        ("B%1", None, "'%'"),
        ("B_1", None, "'_'"),
        ("B\x001", None, "character"),
        ("---", None, "at least one"),
        ("*?*", None, "at least one"),
        ("A" * 17, None, "at most 16"),
        ("B1?", Match.EXACT, "no wildcards"),
        ("B17?2", Match.FUZZY, "no wildcards"),
        ("B17", Match.FUZZY, "4 or more"),
    ],
)
def test_what_cannot_be_a_plate_is_refused_in_words(text: str, match: Match | None, words: str) -> None:
    with pytest.raises(Unprocessable) as caught:
        parse(text, match)
    assert words in caught.value.detail
    assert caught.value.extra["errors"] == [{"pointer": "/query/plate", "detail": caught.value.detail}]


def test_two_edits_need_a_longer_plate_and_a_fuzzy_search() -> None:
    assert parse("B172WAW", Match.FUZZY, max_edits=2).max_edits == 2
    with pytest.raises(Unprocessable, match="7 or more"):
        parse("B172WA", Match.FUZZY, max_edits=2)
    with pytest.raises(Unprocessable, match="fuzzy search"):
        parse("B172WAW", max_edits=1)


@pytest.mark.parametrize(
    ("text", "selective"),
    [
        ("B172WAW", True),
        ("B1*", True),
        ("B*", False),
        ("*172*", True),
        ("*17*", False),
        ("?A?", False),
        ("?1?72W", True),
    ],
)
def test_a_pattern_is_selective_by_its_start_or_by_a_run(text: str, selective: bool) -> None:
    assert parse(text).is_selective is selective


@pytest.mark.parametrize(
    ("text", "match", "plate", "expected"),
    [
        ("B172WAW", Match.EXACT, "B172WAW", Matched(How.EXACT)),
        ("B172WAW", Match.EXACT, "8172WAW", None),
        ("B?72*", Match.WILDCARD, "B172WAW", Matched(How.WILDCARD)),
        ("B?72*", Match.WILDCARD, "BB172", None),
        ("*WAW", Match.WILDCARD, "WAW", Matched(How.WILDCARD)),
        ("*A*A*A*A*A*A*A*B", Match.WILDCARD, "A" * 16, None),
        ("B172WAW", Match.FUZZY, "B172WAW", Matched(How.EXACT)),
        ("B172WAW", Match.FUZZY, "8I72WAW", Matched(How.CONFUSABLE)),
        ("B172WAW", Match.FUZZY, "B172WA", Matched(How.EDIT, 1)),
        ("B172WAW", Match.FUZZY, "8172WAX", Matched(How.EDIT, 1)),
        ("B172WAW", Match.FUZZY, "B172XX", None),
    ],
)
def test_a_match_tells_how(text: str, match: Match, plate: str, expected: Matched | None) -> None:
    assert parse(text, match).matched(plate) == expected
