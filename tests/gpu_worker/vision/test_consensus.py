from dataclasses import replace

import pytest

from gpu_worker.vision.consensus import EMPTY, Ballot, plausibility, vote
from gpu_worker.vision.recognition import PlateText, ctc
from gpu_worker.vision.recognition.prior import CameraPrior


def _read(text: str, confidence: float = 0.9, raw: str | None = None) -> PlateText:
    confidences = (confidence,) * len(text)
    return PlateText(raw or text, text, confidences, ctc.from_text(text, confidences))


def _ballots(*texts: str, confidence: float = 0.9) -> list[Ballot]:
    return [Ballot(_read(text, confidence), 1.0, frame) for frame, text in enumerate(texts)]


def test_the_majority_settles_each_character() -> None:
    consensus = vote(_ballots("AB12CDF", "AB12CDE", "AX12CDE", "AB17CDE"))
    assert consensus.text == "AB12CDE"
    assert consensus.agreeing == 1
    assert consensus.candidates[0].plate == "AB12CDE"


def test_reads_of_different_lengths_vote_together() -> None:
    assert vote(_ballots("AB12CDE", "B12CDE", "AB12CDE", "AB12CDEI")).text == "AB12CDE"


def test_a_heavier_read_outweighs_lighter_ones() -> None:
    sharp = Ballot(_read("KLM4567"), 10.0, 0)
    blurred = [Ballot(_read("KLN4567"), 1.0, frame) for frame in (1, 2)]
    assert vote([sharp, *blurred]).text == "KLM4567"


@pytest.mark.parametrize(
    ("read", "plate"),
    [
        ("LSI5EBC", "LS15EBC"),
        ("FEIIDEK", "FE11DEK"),
        ("ACO12DE", "AC012DE"),
        ("I264230", "1264230"),
        ("LS15EBC", "LS15EBC"),
    ],
)
def test_the_layout_of_plates_settles_look_alikes(read: str, plate: str) -> None:
    assert vote(_ballots(read, confidence=0.8)).text == plate


def test_a_layout_cannot_make_another_text_of_a_clear_one() -> None:
    assert vote(_ballots("XKCDWHY", confidence=0.97)).text == "XKCDWHY"


def test_a_hint_decides_between_layouts_of_two_regions() -> None:
    read = _ballots("HO72345", confidence=0.8)
    assert vote(read).text == "HO72345"  # two letters and five digits, as in many countries
    assert vote(read, CameraPrior(frozenset({"do"}))).text == "H072345"  # a letter and six digits


def test_the_looks_of_the_plate_decide_like_a_hint() -> None:
    read = _read("8OO8ABC", 0.6)
    spanish, german = (replace(read, countries={country: 0.98, "us": 0.01}) for country in ("es", "de"))
    consensus = vote([Ballot(spanish, 1.0, 0)])
    assert consensus.text == "8008ABC"
    assert consensus.countries["es"] > vote([Ballot(german, 1.0, 0)]).countries["es"]
    assert sum(consensus.countries.values()) == pytest.approx(1)


def test_a_near_tie_of_look_alikes_lowers_the_score_and_shows_among_the_candidates() -> None:
    clear, tied = vote(_ballots("MKE2345", confidence=0.98)), vote(_ballots("ABO234", confidence=0.98))
    best, second = tied.candidates[:2]
    assert {best.plate, second.plate} == {"ABO234", "AB0234"}
    assert second.score > best.score / 2
    assert clear.score > 0.95
    assert 0.6 < tied.score < 0.85


def test_unsure_characters_are_shown_as_question_marks() -> None:
    consensus = vote(_ballots("AB12CDE", "AB72CDE", "AB42CDE", "AB92CDE"))
    assert consensus.plate == "AB?2CDE"
    assert len(consensus.text) == 7


def test_the_raw_text_keeps_its_separators() -> None:
    ballots = [Ballot(_read("AB12CDE", raw="AB12 CDE"), 1.0, 0), Ballot(_read("AX12CDE", raw="AX12-CDE"), 0.2, 1)]
    assert vote(ballots).raw == "AB12 CDE"


def test_frames_that_agree_are_counted_and_not_cuts() -> None:
    ballots = [Ballot(_read("AB12CDE"), 1.0, frame) for frame in (4, 4, 4, 9)]
    assert vote(ballots).agreeing == 2


def test_twins_agree() -> None:
    assert vote(_ballots("AB12CDO", "AB12CD0", "ABI2CDO")).agreeing == 3


def test_candidates_are_shares_in_falling_order() -> None:
    scores = [c.score for c in vote(_ballots("AB12CDE", "AB12CDF", confidence=0.6)).candidates]
    assert scores == sorted(scores, reverse=True)
    assert 0 < sum(scores) <= 1.0001


def test_nothing_read_is_an_empty_consensus() -> None:
    assert vote([]) == EMPTY
    assert vote(_ballots("", "")) == EMPTY


def test_the_order_of_reads_does_not_matter() -> None:
    ballots = _ballots("AB12CDE", "AB12CDF", "AX12CDE")
    forwards, backwards = vote(ballots), vote(ballots[::-1])
    assert forwards.candidates == backwards.candidates
    assert forwards.score == pytest.approx(backwards.score)


@pytest.mark.parametrize(("text", "expected"), [("AB12CDE", 1.0), ("20140617083822", 0.0), ("A1", 0.0), ("", 0.0)])
def test_text_that_no_plate_has_is_not_plausible(text: str, expected: float) -> None:
    assert plausibility(text) == expected


@pytest.mark.parametrize("text", ["TAXI", "DOMINION", "12345", "515", "A12"])
def test_text_that_few_plates_have_is_doubted_and_not_dropped(text: str) -> None:
    assert 0 < plausibility(text) < 1


@pytest.mark.parametrize("short", ["1930KF", "L1930K", "1930K"], ids=["first", "last", "both"])
def test_cuts_that_may_have_lost_an_end_do_not_outvote_the_one_that_shows_it(short: str) -> None:
    whole = Ballot(_read("L1930KF", 0.8), 1.0, 0)
    trimmed = [Ballot(_read(short), 1.0, 0, loss=0.05) for _ in range(2)]
    consensus = vote([whole, *trimmed])
    assert consensus.text == consensus.plate == "L1930KF"
    assert consensus.score < vote([whole]).score
    assert vote([whole, *(replace(ballot, loss=0.0) for ballot in trimmed)]).text == short


def test_cuts_that_may_have_lost_an_end_invent_none() -> None:
    ballots = [replace(ballot, loss=0.05) for ballot in _ballots("AB12CDE", "AB12CDE", "AB12CD")]
    assert vote(ballots).text == "AB12CDE"
    assert vote([replace(ballot, loss=0.05) for ballot in _ballots("AB12CD", "AB12CD")]).text == "AB12CD"


def test_a_lost_end_excuses_no_character_within() -> None:
    whole = Ballot(_read("AB12CDE", 0.8), 1.0, 0)
    trimmed = [Ballot(_read("AB2CDE"), 1.0, 0, loss=0.05) for _ in range(2)]
    assert vote([whole, *trimmed]).text == "AB2CDE"
