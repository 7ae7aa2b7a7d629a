import numpy as np
import pytest

from gpu_worker.vision.recognition import formats
from gpu_worker.vision.recognition.prior import WORLD, CameraPrior


def shares(camera: CameraPrior, texts: list[str], looks: dict[str, float] | None = None) -> list[float]:
    """The probability of each text among these."""
    likely = camera.joint(texts, looks or {}).sum(axis=0)
    return list(likely / likely.sum())


def country(camera: CameraPrior, text: str, code: str, looks: dict[str, float] | None = None) -> float:
    joint = camera.joint([text], looks or {})[:, 0]
    return float(joint[formats.load().countries.index(code)] / joint.sum())


def test_a_hint_makes_its_country_likelier_and_rules_no_other_out() -> None:
    italian = CameraPrior(frozenset({"it"}))
    assert country(WORLD, "AB123CD", "it") < country(italian, "AB123CD", "it")
    assert country(italian, "LS15EBC", "gb") > 0.5


def test_looks_move_the_country_but_cannot_rule_one_out() -> None:
    looks = {"fr": 0.95, "it": 0.05, "us": 0.0}
    assert country(WORLD, "AB123CD", "fr", looks) > country(WORLD, "AB123CD", "fr")
    assert country(WORLD, "MH12DE1433", "in", {"in": 0.02, "de": 0.98}) > 0.5


def test_a_camera_learns_the_shapes_it_sees() -> None:
    """Before this camera, seven digits are the rule; one plate of another shape is still read."""
    tunisian = CameraPrior(shapes={"DDDDDDD": 100.0})
    texts = ["1264230", "I264230"]
    assert shares(tunisian, texts)[0] > shares(WORLD, texts)[0]
    assert shares(tunisian, ["LS15EBC", "LSI5EBC"])[0] > 0.9


def test_a_camera_learns_the_countries_it_sees() -> None:
    assert country(CameraPrior(countries={"sk": 60.0}), "BA123CD", "sk") > country(WORLD, "BA123CD", "sk")


def test_a_few_plates_move_the_mix_less_than_many() -> None:
    texts = ["1264230", "I264230", "LS15EBC"]
    few, many = (shares(CameraPrior(shapes={"LLDDLLL": n}), texts)[2] for n in (2.0, 200.0))
    assert shares(WORLD, texts)[2] < few < many


def test_all_texts_and_countries_keep_some_probability() -> None:
    assert np.all(CameraPrior(shapes={"LLDDLLL": 1000.0}).joint(["ABC123", "Q" * 12], {"us": 1.0}) > 0)


def test_a_country_that_the_reader_never_saw_is_neither_up_nor_down_by_the_looks() -> None:
    """Tunisian plates are not drawn, so no reader has learnt how they look."""
    even = dict.fromkeys(("us", "ae", "fr", "de", "in"), 0.2)
    assert country(WORLD, "1264230", "tn", even) == pytest.approx(country(WORLD, "1264230", "tn"), rel=0.5)
