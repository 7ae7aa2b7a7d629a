from dataclasses import replace

import pytest

from gpu_worker.vision.consensus import EMPTY, Ballot, plausibility, vote
from gpu_worker.vision.recognition import PlateText, ctc


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
        ("ACOM7V", "AC0M7V"),
        ("LS15EBC", "LS15EBC"),
    ],
)
def test_the_layout_of_plates_settles_look_alikes(read: str, plate: str) -> None:
    assert vote(_ballots(read, confidence=0.8)).text == plate


def test_a_layout_cannot_make_another_text_of_a_clear_one() -> None:
    assert vote(_ballots("XKCDWHY", confidence=0.97)).text == "XKCDWHY"


def test_a_hint_decides_between_layouts_of_two_regions() -> None:
    read = _ballots("0B12345", confidence=0.6)
    assert vote(read).text == "0B12345"  # a Californian trailer's layout
    assert vote(read, frozenset({"dk"})).text == "OB12345"


def test_the_looks_of_the_plate_decide_like_a_hint() -> None:
    read = _read("0B12345", 0.6)
    danish = replace(read, countries={"dk": 0.9, "us": 0.1})
    assert vote([Ballot(danish, 1.0, 0)]).text == "OB12345"
    assert vote([Ballot(danish, 1.0, 0), Ballot(replace(read, countries={"dk": 0.8, "us": 0.2}), 1.0, 1)]).countries[
        "dk"
    ] == pytest.approx(0.857, abs=1e-3)


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
