import pytest
from hypothesis import given
from hypothesis import strategies as st

from anpr.alerts.bolos.patterns import (
    BROAD_SHARE,
    Read,
    breadth,
    edit_variants,
    matched_by,
    misspellings,
    parse_pattern,
    region_differs,
)
from anpr.errors import Unprocessable
from anpr.models import BoloKind, MatchedBy, Tolerance
from anpr.plates import edit_distance

NONE, CONFUSABLES, ONE_EDIT = Tolerance.NONE, Tolerance.CONFUSABLES, Tolerance.ONE_EDIT


@pytest.mark.parametrize(
    ("text", "tolerance", "read", "by"),
    [
        ("ls15 ebc", NONE, Read("LS15EBC"), MatchedBy.EXACT),
        ("LS15EBC", NONE, Read("LSI5EBC"), None),
        ("LS15EBC", CONFUSABLES, Read("LSI5E8C"), MatchedBy.CONFUSABLE),
        ("LS15EBC", CONFUSABLES, Read("LS15EBX"), None),
        ("LS15EBC", ONE_EDIT, Read("LS15EBX"), MatchedBy.ONE_EDIT),
        ("LS15EBC", ONE_EDIT, Read("LS15EB"), MatchedBy.ONE_EDIT),
        ("LS15EBC", ONE_EDIT, Read("LSI5E8C"), MatchedBy.CONFUSABLE),
        ("LS15EBC", ONE_EDIT, Read("LX15EBX"), None),
        # An unsure character is one edit away from any, and a look-alike of none.
        ("LS15EBC", ONE_EDIT, Read("LS?5EBC", readable=False), MatchedBy.ONE_EDIT),
        ("LS15EBC", CONFUSABLES, Read("LS?5EBC", readable=False), None),
        ("LS15EBC", NONE, Read("LS?5EBC", readable=False), None),
        # Candidates count only where misreads are forgiven.
        ("LS15EBC", CONFUSABLES, Read("LS15EXX", candidates=("LS15EXX", "LS15EBC")), MatchedBy.CANDIDATE),
        ("LS15EBC", NONE, Read("LS15EXX", candidates=("LS15EBC",)), None),
        # An unreadable passage's text is a guess.
        ("LS15EBC", NONE, Read("LS15EBC", readable=False), None),
        ("LS15EBC", CONFUSABLES, Read("LS15EBC", readable=False), MatchedBy.CANDIDATE),
        ("LS15*", NONE, Read("LS15EBC", readable=False), None),
        # A person's reading forgives nothing.
        ("LS15EBC", ONE_EDIT, Read("LS15EBX", certain=True), None),
        ("LS15E?C", NONE, Read("LS15EBC"), MatchedBy.WILDCARD),
        ("ls15*", NONE, Read("LS15"), MatchedBy.WILDCARD),
        ("LS15*", NONE, Read("XLS15A"), None),
        ("L5?5*", CONFUSABLES, Read("LS15EBC"), MatchedBy.CONFUSABLE),
        ("L5?5*", NONE, Read("LS15EBC"), None),
        ("L5?5*", CONFUSABLES, Read("LS15EBC", certain=True), None),
        # Whatever an unsure character is, it is one that `?` and `*` stand for.
        ("LS1?EBC", NONE, Read("LS1?EBC"), MatchedBy.WILDCARD),
        ("LS?5EBC", NONE, Read("LS1?EBC"), None),
    ],
)
def test_how_a_read_matches(text: str, tolerance: Tolerance, read: Read, by: MatchedBy | None) -> None:
    assert matched_by(parse_pattern(text, kind=None, tolerance=tolerance, region=None), read) == by


@pytest.mark.parametrize(
    ("expression", "plate", "matches"),
    [
        ("ls[0-9]{2}e.*", "LS15EBC", True),
        ("LS15", "LS15EBC", False),
        (r"(LS|LT)\d+[A-Z]{3}", "LT15EBC", True),
        ("LS15EBC|AB12CDE", "AB12CDEX", False),
    ],
)
def test_a_regex_is_matched_whole_and_in_any_case(expression: str, plate: str, matches: bool) -> None:
    made = parse_pattern(expression, kind=BoloKind.REGEX, tolerance=NONE, region=None)
    assert matched_by(made, Read(plate)) == (MatchedBy.REGEX if matches else None)


@pytest.mark.parametrize(
    ("wanted_region", "read_region", "matches"),
    [
        (None, "gb", True),
        ("gb", None, True),
        ("gb", "GB", True),
        ("GB", "ro", False),
        ("us", "us-ca", True),
        ("us-ca", "us", True),
        ("us-ca", "us-ny", False),
    ],
)
def test_a_persons_region_excludes_what_contradicts_it_and_a_machines_nothing(
    wanted_region: str | None, read_region: str | None, matches: bool
) -> None:
    made = parse_pattern("LS15EBC", kind=None, tolerance=NONE, region=wanted_region)
    machine, person = (Read("LS15EBC", region=read_region, region_certain=certain) for certain in (False, True))
    assert (matched_by(made, person) is not None) == matches
    assert matched_by(made, machine) is MatchedBy.EXACT
    assert region_differs(made, machine) != matches


@pytest.mark.parametrize(
    ("text", "kind", "tolerance", "said"),
    [
        ("--", None, NONE, "letters and digits"),
        ("A", None, NONE, "letters and digits"),
        ("ABCDEFGHIJKLMNOPQ", None, NONE, "letters and digits"),
        ("AB*", BoloKind.EXACT, NONE, "kind wildcard"),
        ("***", None, NONE, "at least one"),
        ("A?" * 20, None, NONE, "at most"),
        ("A*", None, ONE_EDIT, "one edit"),
        ("AB.*", BoloKind.REGEX, CONFUSABLES, "tolerance at none"),
        ("(AB", BoloKind.REGEX, NONE, "RE2"),
        (r"(AB)\1", BoloKind.REGEX, NONE, "RE2"),
        ("(?=AB).*", BoloKind.REGEX, NONE, "RE2"),
        ("((A{1000}){1000})", BoloKind.REGEX, NONE, "RE2"),
        ("((A{100}B{100}){9}){99}", BoloKind.REGEX, NONE, "RE2"),
        ("A" * 201, BoloKind.REGEX, NONE, "at most 200"),
        ("M\ufffd AB 123", None, NONE, "No plate has"),
        ("AB#1?*", None, NONE, "No plate has"),
        ("", BoloKind.REGEX, NONE, "empty"),
        ("(AB)?", BoloKind.REGEX, NONE, "empty text"),
        ("A\x00B", BoloKind.REGEX, NONE, "NUL"),
    ],
)
def test_what_cannot_be_wanted_is_refused_in_words(
    text: str, kind: BoloKind | None, tolerance: Tolerance, said: str
) -> None:
    with pytest.raises(Unprocessable) as refusal:
        parse_pattern(text, kind=kind, tolerance=tolerance, region=None)
    assert said in refusal.value.detail


@pytest.mark.parametrize(
    ("text", "kind", "is_broad"),
    [
        ("LS15EBC", None, False),
        ("LS15*", None, False),
        ("L?1*", None, False),
        ("*A*", None, True),
        ("???????", None, True),
        ("[A-Z0-9]+", BoloKind.REGEX, True),
        ("LS[0-9]+[A-Z]+", BoloKind.REGEX, False),
    ],
)
def test_a_pattern_that_matches_much_of_the_traffic_is_broad(text: str, kind: BoloKind | None, is_broad: bool) -> None:
    assert (breadth(parse_pattern(text, kind=kind, tolerance=NONE, region=None)) > BROAD_SHARE) == is_broad


PLATES = st.text("AB01", min_size=2, max_size=6)


@given(PLATES, PLATES)
def test_plates_one_edit_apart_share_a_variant(a: str, b: str) -> None:
    if edit_distance(a, b) <= 1:
        assert set(edit_variants(a)) & set(edit_variants(b))


READS = st.text("AB01?", min_size=0, max_size=7)


@given(PLATES, READS)
def test_every_text_one_edit_away_is_a_misspelling(plate: str, read: str) -> None:
    assert (read in misspellings(plate)) == (edit_distance(plate, read) <= 1)
