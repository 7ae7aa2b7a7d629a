import numpy as np

from gpu_worker.vision.recognition.platenet import INPUT_HEIGHT, INPUT_WIDTH
from lab.training.fonts import GlyphSet
from lab.training.formats import Catalogue
from lab.training.samples import PlateGenerator


def test_a_sample_depends_on_seed_and_number_alone(catalogue: Catalogue, glyphs: GlyphSet) -> None:
    one, same, other = (PlateGenerator(catalogue, glyphs, seed) for seed in (5, 5, 6))
    one.sample(3)  # what was drawn before must not matter
    first, again = one.sample(9), same.sample(9)
    np.testing.assert_array_equal(first.crop, again.crop)
    assert (first.text, first.region) == (again.text, again.region)
    assert [one.sample(i).text for i in range(8)] != [other.sample(i).text for i in range(8)]


def test_a_batch_is_its_samples_at_the_networks_size(catalogue: Catalogue, glyphs: GlyphSet) -> None:
    generator = PlateGenerator(catalogue, glyphs, 0)
    pictures, texts, regions = generator.batch(20, 6)
    assert pictures.shape == (6, INPUT_HEIGHT, INPUT_WIDTH, 3)
    assert pictures.dtype == np.uint8
    assert texts == [generator.sample(i).text for i in range(20, 26)]
    assert regions.tolist() == [generator.sample(i).region for i in range(20, 26)]


def test_samples_are_plates_of_many_regions_and_sizes(catalogue: Catalogue, glyphs: GlyphSet) -> None:
    generator = PlateGenerator(catalogue, glyphs, 1)
    samples = [generator.sample(3 * i) for i in range(200)]
    assert len({sample.region for sample in samples}) > 60
    assert all(1 <= len(sample.text) <= 10 for sample in samples)
    widths = [sample.crop.shape[1] for sample in samples]
    assert min(widths) < 45
    assert max(widths) > 180


def test_frequent_regions_are_drawn_more_often(catalogue: Catalogue, glyphs: GlyphSet) -> None:
    generator = PlateGenerator(catalogue, glyphs, 2)
    weights = [catalogue.regions[generator.sample(3 * i).region].weight for i in range(250)]
    often, seldom = (sum(1 for weight in weights if weight == w) for w in (3.0, 0.6))
    assert often > seldom


def test_neighbours_are_different_pictures_of_one_plate(catalogue: Catalogue, glyphs: GlyphSet) -> None:
    generator = PlateGenerator(catalogue, glyphs, 3)
    different = 0
    for plate in range(12):
        pictures = [generator.sample(3 * plate + i) for i in range(3)]
        assert len({sample.region for sample in pictures}) == 1
        one_row = len({sample.text for sample in pictures}) == 1
        different += one_row and pictures[0].crop.shape != pictures[1].crop.shape
    assert different > 6


def test_every_sample_can_be_a_plate_of_its_own(catalogue: Catalogue, glyphs: GlyphSet) -> None:
    generator = PlateGenerator(catalogue, glyphs, 3, photographs=1)
    assert len({generator.sample(i).text for i in range(30)}) > 27
