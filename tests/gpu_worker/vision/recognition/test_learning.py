import pytest

from gpu_worker.vision.recognition import formats
from gpu_worker.vision.recognition.learning import KnownPlate, learnt
from gpu_worker.vision.recognition.prior import WORLD, CameraPrior

NOWHERE: frozenset[str] = frozenset()
SLOVAK = [KnownPlate(plate) for plate in ("BL782KT", "KE345ZM", "PO234VX", "ZH876RT", "NR452BD", "TT237JK")]
BRITISH = [KnownPlate(plate) for plate in ("LS56EBC", "KN67WXY", "WV73TUF", "BD54SMR")]


def share(camera: CameraPrior, text: str, *others: str) -> float:
    """The probability of a text among these."""
    likely = camera.joint([text, *others], {}).sum(axis=0)
    return float(likely[0] / likely.sum())


def country(camera: CameraPrior, text: str, code: str) -> float:
    joint = camera.joint([text], {})[:, 0]
    return float(joint[formats.load().countries.index(code)] / joint.sum())


def test_a_camera_that_saw_nothing_expects_what_the_world_has() -> None:
    assert share(learnt(NOWHERE, []), "LS15EBC", "LSI5EBC") == share(WORLD, "LS15EBC", "LSI5EBC")


def test_the_mix_of_shapes_settles_look_alikes() -> None:
    assert share(learnt(NOWHERE, SLOVAK * 5), "BL012KT", "BLO12KT") > share(WORLD, "BL012KT", "BLO12KT")


def test_plates_that_fit_several_countries_settle_together_where_the_camera_stands() -> None:
    """Each might be French or Italian too; that all of them begin with a Slovak district can be no chance."""
    camera = learnt(NOWHERE, SLOVAK * 5)
    assert country(WORLD, "BB345CD", "sk") < 0.5 < country(camera, "BB345CD", "sk")


def test_a_persons_word_on_the_country_counts() -> None:
    said = learnt(NOWHERE, [KnownPlate("AB123CD", "it")] * 20)
    assert country(said, "CD456EF", "it") > country(learnt(NOWHERE, [KnownPlate("AB123CD")] * 20), "CD456EF", "it") > 0


def test_a_foreign_plate_is_still_read_and_told() -> None:
    camera = learnt(NOWHERE, SLOVAK * 30)
    assert share(camera, "MH12DE1433", "MHI2DE1433") > 0.9
    assert country(camera, "MH12DE1433", "in") > 0.9


def test_what_was_seen_long_ago_counts_less() -> None:
    moved, stayed = (learnt(NOWHERE, plates) for plates in (BRITISH * 25 + SLOVAK * 17, SLOVAK * 17 + BRITISH * 25))
    assert moved.shapes["LLDDLLL"] > stayed.shapes["LLDDLLL"]
    assert moved.shapes["LLDDDLL"] < stayed.shapes["LLDDDLL"]


def test_shapes_that_are_seldom_beyond_doubt_count_for_those_that_were_left_out() -> None:
    seen = learnt(NOWHERE, [KnownPlate("2345678"), KnownPlate("ABCEFGH")]).shapes
    assert seen["DDDDDDD"] == pytest.approx(0.8**-7)
    assert seen["LLLLLLL"] == pytest.approx((24 / 26) ** -7 * 0.5**0.01)
