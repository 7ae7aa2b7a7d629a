import numpy as np
import pytest

from gpu_worker.vision.recognition.layouts import parse
from lab.training.fonts import GlyphSet
from lab.training.formats import Catalogue, draw_number, expand
from lab.training.plate import CAP_HEIGHT, FlatPlate, render


def rendered(catalogue: Catalogue, glyphs: GlyphSet, code: str, layout: str, seed: int) -> FlatPlate:
    region = next(r for r in catalogue.regions if r.code == code)
    rng = np.random.default_rng(seed)
    return render(region, expand(parse(layout, region.letters, {}), rng), (catalogue, glyphs), rng)


@pytest.mark.parametrize("code", ["de", "us-mo", "br", "vn", "in", "gb", "th"])
def test_every_row_lies_on_the_plate(catalogue: Catalogue, glyphs: GlyphSet, code: str) -> None:
    region = next(r for r in catalogue.regions if r.code == code)
    for seed in range(30):
        rng = np.random.default_rng(seed)
        flat = render(region, draw_number(region, rng), (catalogue, glyphs), rng)
        height, width = flat.image.shape[:2]
        assert flat.image.dtype == np.uint8
        for xmin, ymin, xmax, ymax in flat.rows:
            assert -2 <= xmin < xmax <= width + 2
            assert 0 <= ymin < ymax <= height
            assert ymax - ymin == CAP_HEIGHT


def test_the_box_of_a_row_holds_the_characters(catalogue: Catalogue, glyphs: GlyphSet) -> None:
    """Inside the box the picture varies as ink on a ground does; beside it, it is the ground."""
    contrasts = []
    for seed in range(20):
        flat = rendered(catalogue, glyphs, "hk", "LL DDDD", seed)
        xmin, ymin, xmax, ymax = flat.rows[0]
        inside = flat.image[ymin:ymax, xmin:xmax].astype(float)
        contrasts.append(inside.std())
    assert np.median(contrasts) > 40


def test_two_rows_lie_one_above_the_other(catalogue: Catalogue, glyphs: GlyphSet) -> None:
    flat = rendered(catalogue, glyphs, "vn", "DDL/DDD.DD", 0)
    upper, lower = flat.rows
    assert upper[3] <= lower[1]
    assert flat.image.shape[1] / flat.image.shape[0] < 1.7


def test_proportions_are_the_regions(catalogue: Catalogue, glyphs: GlyphSet) -> None:
    def aspect(code: str, layout: str) -> float:
        image = rendered(catalogue, glyphs, code, layout, 1).image
        return float(image.shape[1] / image.shape[0])

    assert aspect("de", "L*LL DDDD") == pytest.approx(4.73, rel=0.1)
    assert aspect("us-ca", "DLLLDDD") == pytest.approx(2.0, rel=0.1)


def test_the_same_randomness_draws_the_same_plate(catalogue: Catalogue, glyphs: GlyphSet) -> None:
    first = rendered(catalogue, glyphs, "us-tx", "LLL*DDDD", 7)
    second = rendered(catalogue, glyphs, "us-tx", "LLL*DDDD", 7)
    other = rendered(catalogue, glyphs, "us-tx", "LLL*DDDD", 8)
    np.testing.assert_array_equal(first.image, second.image)
    assert first.image.shape != other.image.shape or (first.image != other.image).any()
