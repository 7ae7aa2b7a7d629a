import pytest

from gpu_worker.vision.recognition import formats


@pytest.mark.parametrize(
    ("plate", "region"),
    [
        ("LS15EBC", "gb"),
        ("B172WAW", "ro"),
        ("IF05TAC", "ro"),
        ("BRA2E19", "br"),
        ("AB123CD", "fr"),
        ("6GQR959", "us"),
        ("AC0M7V", "us"),
        ("34A36837", "vn"),
        ("46GZB8", "nl"),
        ("5AU5341", "cz"),
        ("HHP8586", "de"),
    ],
)
def test_plates_match_their_own_region(plate: str, region: str) -> None:
    assert region in formats.regions_of(plate)


@pytest.mark.parametrize("text", ["", "LSI5EBCX9", "DOMINION", "20140617083822", "A1B2C3D4"])
def test_other_text_matches_none(text: str) -> None:
    assert formats.regions_of(text) == []


def test_a_layout_matches_whole_texts_only() -> None:
    assert formats.regions_of("XLS15EBCX") == []
