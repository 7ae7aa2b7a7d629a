from pathlib import Path

import numpy as np
import pytest

import gpu_worker
from lab.training.fonts import GlyphSet
from lab.training.formats import load_catalogue
from lab.training.real import RealCrops, RealPlate
from lab.training.samples import PlateGenerator

pytest.importorskip("torch", reason="the train extra is not installed")

import torch

from gpu_worker.vision.recognition.platenet import PlateNetRecognizer
from lab.training.export import best_temperature, calibrated, export, logits, peaks_of
from lab.training.network import PlateNet
from lab.training.quantise import quantise
from lab.training.regions import fit_regions, pooled_features
from lab.training.train import PLANS, Batches, Material, Plan, Trainer, loss_of, targets
from lab.training.weights import load_pretrained

PRETRAINED = Path(gpu_worker.__file__).parent / "models" / "plate_ppocrv6.onnx"


def pretrained() -> PlateNet:
    torch.manual_seed(0)
    net = PlateNet(len(load_catalogue().regions))
    net.eval()
    load_pretrained(net, PRETRAINED)
    return net


def test_targets_count_the_blank_as_class_zero() -> None:
    flat, lengths = targets(["0A", "Z"])
    assert flat.tolist() == [1, 11, 36]
    assert lengths.tolist() == [2, 1]


def test_the_loss_is_small_only_for_the_right_text_and_region() -> None:
    characters = torch.full((1, 4, 37), -20.0)
    for step, symbol in enumerate((11, 0, 11, 2)):  # A, blank, A, 1
        characters[0, step, symbol] = 20.0
    regions = torch.tensor([[10.0, -10.0]])
    right = loss_of((characters, regions), ["AA1"], torch.tensor([0]))
    wrong = loss_of((characters, regions), ["A1"], torch.tensor([1]))
    assert right[0] < 0.01
    assert wrong[0] > 1
    assert right[1] < wrong[1]


def test_the_learning_rate_rises_then_falls() -> None:
    plan = Plan(steps=1000, batch=1, rate=1.0, decay=1.0)
    factors = [plan.rate_factor(step) for step in range(1000)]
    assert factors[0] < 0.1
    assert max(factors) == pytest.approx(1.0, abs=0.01)
    assert factors[-1] < 0.02
    peak = factors.index(max(factors))
    assert all(a >= b for a, b in zip(factors[peak:], factors[peak + 1 :], strict=False))


def test_an_early_end_shares_its_beginning_with_the_whole_schedule() -> None:
    whole = Plan(steps=1000, batch=1, rate=1.0, decay=1.0)
    early = Plan(steps=1000, batch=1, rate=1.0, decay=1.0, cooldown=(400, 600))
    assert early.last_step == 600
    assert [early.rate_factor(s) for s in range(400)] == [whole.rate_factor(s) for s in range(400)]
    assert early.rate_factor(400) == pytest.approx(whole.rate_factor(400))
    assert early.rate_factor(599) == pytest.approx(whole.rate_factor(999), abs=1e-3)


def test_training_can_be_broken_off_and_gone_on_with(tmp_path: Path, glyphs: GlyphSet) -> None:
    material = Material(glyphs, RealCrops([]))

    def trained(work: str, *steps: int) -> PlateNet:
        for upto in steps:
            plan = Plan(steps=upto, batch=2, rate=1e-3, decay=0.5)
            net = Trainer(plan, start=PRETRAINED, material=material, work=tmp_path / work, seed=1).run(workers=0)
        return net

    once, resumed, start = trained("a", 3), trained("b", 3, 3), pretrained()
    for name, value in once.state_dict().items():
        torch.testing.assert_close(resumed.state_dict()[name], value)
    assert not torch.equal(once.characters.weight, start.characters.weight)
    assert torch.equal(once.stem.first.weight, start.stem.first.weight)


# The exporter that needs no further package announces its successor and what it cannot fold.
@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::UserWarning")
def test_the_exported_file_reads_as_the_network_does(tmp_path: Path, glyphs: GlyphSet) -> None:
    net = pretrained()
    generator = PlateGenerator(load_catalogue(), glyphs, 3)
    reader = calibrated(net, generator, 24)
    export(reader, tmp_path / "net.onnx")
    samples = [generator.sample(i) for i in range(20)]
    loaded = PlateNetRecognizer(tmp_path / "net.onnx", threads=1)
    read_characters, read_regions = loaded.run([s.crop for s in samples])
    pictures, _, _ = generator.batch(0, 20)
    characters, regions = logits(net, pictures)
    expected = (characters / reader.temperatures[0]).softmax(-1).numpy()
    np.testing.assert_allclose(read_characters, expected, atol=1e-3)
    assert loaded.codes == list(load_catalogue().codes)
    assert read_regions.argmax(-1).tolist() == regions.argmax(-1).tolist()

    quantise(tmp_path / "net.onnx", tmp_path / "small.onnx", pictures)
    small = PlateNetRecognizer(tmp_path / "small.onnx", threads=1).read([s.crop for s in samples])
    assert (tmp_path / "small.onnx").stat().st_size < 0.5 * (tmp_path / "net.onnx").stat().st_size
    distances = [float(np.abs(a.posteriors - b).mean()) for a, b in zip(small, read_characters, strict=True)]
    assert np.mean(distances) < 0.01


def test_the_best_temperature_takes_the_boast_out_of_logits() -> None:
    draws = torch.Generator().manual_seed(0)
    honest = torch.randn(4000, 5, generator=draws) * 2
    truth = torch.multinomial(honest.softmax(-1), 1, generator=draws).squeeze(1)
    assert best_temperature(honest, truth) == pytest.approx(1.0, abs=0.1)
    assert best_temperature(honest * 2, truth) == pytest.approx(2.0, abs=0.2)


def test_peaks_are_taken_once_a_character_and_only_where_the_length_is_right() -> None:
    characters = torch.full((2, 4, 37), 0.0)
    for step, symbol in enumerate((11, 11, 0, 12)):  # A, A, blank, B
        characters[:, step, symbol] = 5.0 + step
    scores, truth = peaks_of(characters, ["AB", "ABC"])
    assert truth.tolist() == [11, 12]
    assert scores.argmax(-1).tolist() == [11, 12]
    assert scores.max(-1).values.tolist() == [6.0, 8.0]


def test_the_region_head_learns_and_the_rest_stays(glyphs: GlyphSet) -> None:
    net = pretrained()
    before = {name: value.clone() for name, value in net.state_dict().items()}
    generator = PlateGenerator(load_catalogue(), glyphs, 4)
    fit_regions(net, generator, 128)
    features, regions = pooled_features(net, generator, 128)
    right = (net.region(features).argmax(1) == regions).float().mean()
    assert right > 0.3
    changed = {name for name, value in net.state_dict().items() if not torch.equal(value, before[name])}
    assert changed == {name for name in before if name.startswith("region.")}


def test_plans_grow() -> None:
    assert PLANS["smoke"].steps < PLANS["small"].steps < PLANS["full"].steps


def test_a_share_of_every_batch_is_real_and_has_no_region(glyphs: GlyphSet) -> None:
    grey = np.full((30, 120, 3), 128, np.uint8)
    real = RealCrops([[RealPlate((grey,), "REAL123")]])
    plan = Plan(steps=5, batch=8, rate=1.0, decay=1.0, real=0.25)
    pictures, texts, regions = Batches(Material(glyphs, real), 0, plan)[3]
    assert len(pictures) == len(texts) == len(regions) == 8
    assert [text == "REAL123" for text in texts] == [False] * 6 + [True] * 2
    assert [number == -1 for number in regions.tolist()] == [False] * 6 + [True] * 2
    generated, _, _ = Batches(Material(glyphs, RealCrops([])), 0, plan)[3]
    assert len(generated) == 8


def test_a_crop_without_a_region_says_nothing_about_regions() -> None:
    characters = torch.zeros((2, 4, 37))
    regions = torch.tensor([[10.0, -10.0], [-10.0, 10.0]])
    both = loss_of((characters, regions), ["A", "A"], torch.tensor([0, -1]))
    one = loss_of((characters[:1], regions[:1]), ["A"], torch.tensor([0]))
    torch.testing.assert_close(both[1], one[1])
