from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np
import pytest

from gpu_worker.vision.geometry import Image
from gpu_worker.vision.recognition import PlateText
from gpu_worker.vision.recognition.ctc import SYMBOLS, from_text
from lab.training.real import RealCrops, RealPlate, load_real, real_plate, rearranged, source_of, strips_of

TEXT = "AB12C3"
SHADES = {"A": 40, "B": 80, "1": 120, "2": 160, "C": 200, "3": 240}
"""What stands for a character in the drawn plates: a block of one shade, so that a strip tells which it is."""
CELL, HEIGHT = 30, 48


def plate_of_blocks(text: str = TEXT) -> Image:
    """Draw a white plate with a block 18 px wide in the middle of each cell of 30 px, 20 px of room left and right."""
    picture = np.full((HEIGHT, 40 + CELL * len(text), 3), 255, np.uint8)
    for i, character in enumerate(text):
        left = 20 + i * CELL + 6
        picture[8:40:2, left : left + 18] = SHADES[character]
    return picture


def read_of_blocks(text: str = TEXT, *, said: str | None = None) -> PlateText:
    """Return what a reader with CTC steps of 10 px says that sees the blocks of `text` and takes them for `said`."""
    steps = (40 + CELL * len(text)) // 10
    posteriors = np.zeros((steps, 1 + len(SYMBOLS)), np.float32)
    posteriors[:, 0] = 1.0
    for i, character in enumerate(said or text):
        step = (20 + i * CELL + 15) // 10
        posteriors[step] = 0.0
        posteriors[step, 1 + SYMBOLS.index(character)] = 1.0
    said = said or text
    return PlateText(said, said, (1.0,) * len(said), posteriors)


def characters_on(crop: Image) -> str:
    """Read a plate of blocks by their shades, from left to right."""
    names = {shade: character for character, shade in SHADES.items()}
    row = crop[8, :, 0].tolist()
    starts = [x for x in range(len(row)) if row[x] != 255 and (x == 0 or row[x - 1] == 255)]
    return "".join(names[row[x]] for x in starts)


class BlockReader:
    """Sees the blocks where they are, whatever the crop."""

    def __init__(self, said: str | None = None) -> None:
        self._said = said

    def read(self, crops: Sequence[Image]) -> list[PlateText]:
        return [read_of_blocks(said=self._said) for _ in crops]


def test_a_plate_is_cut_between_its_characters() -> None:
    strips = strips_of(plate_of_blocks(), TEXT, read_of_blocks())
    assert len(strips) == len(TEXT) + 2
    assert "".join(characters_on(strip) for strip in strips[1:-1]) == TEXT
    assert characters_on(strips[0]) == characters_on(strips[-1]) == ""
    np.testing.assert_array_equal(np.hstack(strips), plate_of_blocks())


def test_a_plate_that_is_misread_is_not_cut() -> None:
    assert strips_of(plate_of_blocks(), TEXT, read_of_blocks(said="AB12C8")) == []
    silent = PlateText("", "", (), from_text("", ()))
    assert strips_of(plate_of_blocks(), TEXT, silent) == []


@pytest.mark.parametrize("seed", range(40))
def test_rearranged_plates_say_what_they_show(seed: int) -> None:
    strips = tuple(strips_of(plate_of_blocks(), TEXT, read_of_blocks()))
    crop, text = rearranged(RealPlate((plate_of_blocks(),), TEXT, strips), np.random.default_rng(seed))
    assert characters_on(crop) == text
    assert 3 <= len(text) <= len(TEXT)
    assert set(text) <= set(TEXT)


def test_orders_differ_and_some_plates_have_fewer_characters() -> None:
    strips = tuple(strips_of(plate_of_blocks(), TEXT, read_of_blocks()))
    plate = RealPlate((plate_of_blocks(),), TEXT, strips)
    texts = [rearranged(plate, np.random.default_rng(seed))[1] for seed in range(100)]
    assert len(set(texts)) > 80
    assert any(len(text) < len(TEXT) for text in texts)
    assert any(len(set(text)) < len(text) for text in texts)


def test_two_rows_and_strange_texts_are_left_out() -> None:
    two_rows = np.full((100, 130, 3), 230, np.uint8)
    for top in (18, 62):
        for left in range(12, 112, 18):
            two_rows[top : top + 26, left : left + 9] = 20
    assert real_plate(two_rows, TEXT, BlockReader()) is None
    assert real_plate(plate_of_blocks(), "AB", BlockReader()) is None
    assert real_plate(plate_of_blocks(), "ÄB123", BlockReader()) is None
    assert real_plate(plate_of_blocks(), TEXT, BlockReader()) is not None


def folder_of(path: Path, *rows: str) -> Path:
    path.mkdir()
    cv2.imwrite(str(path / "a.png"), plate_of_blocks())
    (path / "labels.csv").write_text("image_path,plate_text,rows\n" + "\n".join(rows))
    return path


def test_folders_are_read_and_drawn_from_alike(tmp_path: Path) -> None:
    many = folder_of(tmp_path / "many", *["a.png,AB12C3,1"] * 9, "a.png,AB12C3,2")
    one = folder_of(tmp_path / "one", "a.png,XY99Z,1")
    found = load_real([many, one], BlockReader())
    assert [len(plates) for plates in found] == [9, 1]
    crops = RealCrops(found)
    assert len(crops) == 10
    rng = np.random.default_rng(0)
    texts = [crops.draw(rng)[1] for _ in range(300)]
    assert 100 < texts.count("XY99Z") < 200
    crop, _ = crops.draw(rng)
    assert crop.dtype == np.uint8
    assert crop.ndim == 3


def test_a_label_without_its_picture_is_an_error(tmp_path: Path) -> None:
    folder = folder_of(tmp_path / "one", "gone.png,AB123,1")
    with pytest.raises(FileNotFoundError, match=r"gone\.png"):
        load_real([folder], BlockReader())


def test_only_crops_of_known_licence_may_be_trained_on() -> None:
    assert source_of(Path("/anywhere/ro_dash")).licence == "MIT"
    with pytest.raises(ValueError, match="found_somewhere"):
        source_of(Path("/anywhere/found_somewhere"))
