from pathlib import Path

import numpy as np
import pytest

import gpu_worker
from gpu_worker.vision.recognition import ctc
from gpu_worker.vision.recognition.platenet import to_tensor
from gpu_worker.vision.weights import open_session
from lab.training.fonts import GlyphSet
from lab.training.formats import Catalogue
from lab.training.samples import PlateGenerator

pytest.importorskip("torch", reason="the train extra is not installed")

import torch

from lab.training.network import PlateNet, parameters_by_depth
from lab.training.weights import load_pretrained, load_weights, mix

MODELS = Path(gpu_worker.__file__).parent / "models"
PRETRAINED = MODELS / "plate_ppocrv6.onnx"


def test_pretrained_weights_read_as_in_the_published_graph() -> None:
    net = PlateNet(5).eval()
    load_pretrained(net, PRETRAINED)
    x = np.random.default_rng(0).uniform(-1, 1, (2, 3, 48, 192)).astype(np.float32)
    session = open_session(PRETRAINED, "cpu", 1)
    alphabet = session.get_modelmeta().custom_metadata_map["alphabet"]
    columns = [0, *(1 + alphabet.index(symbol) for symbol in ctc.SYMBOLS)]
    (published,) = session.run(None, {session.get_inputs()[0].name: x})
    expected = published[..., columns] / published[..., columns].sum(-1, keepdims=True)
    with torch.inference_mode():
        characters, regions = net(torch.from_numpy(x))
    np.testing.assert_allclose(characters.softmax(-1).numpy(), expected, atol=1e-4)
    assert regions.shape == (2, 5)


def test_mixed_weights_lie_between_the_published_and_the_tuned() -> None:
    published, tuned = PlateNet(5), PlateNet(5)
    load_pretrained(published, PRETRAINED)
    mixed = mix(tuned, PRETRAINED, 0.25)
    for layer in ("low.0.grow", "characters"):
        first, second = (net.get_submodule(layer).weight for net in (published, tuned))
        torch.testing.assert_close(mixed.get_submodule(layer).weight, 0.75 * first + 0.25 * second)
    torch.testing.assert_close(mixed.region[0].weight, tuned.region[0].weight)


def test_a_step_of_text_is_eight_pixels() -> None:
    characters, _ = PlateNet(3)(torch.zeros(1, 3, 48, 256))
    assert characters.shape == (1, 32, 1 + len(ctc.SYMBOLS))


def test_early_stages_learn_slower_and_the_stem_not_at_all() -> None:
    net = PlateNet(3)
    groups = parameters_by_depth(net, 1.0, 0.5, frozen=0)
    assert [group["lr"] for group in groups] == [1.0, 0.5, 0.25, 0.125, 0.0625]
    trained = {id(p) for group in groups for p in group["params"]}
    assert trained == {id(p) for p in net.parameters() if p.requires_grad}
    assert not any(p.requires_grad for p in net.stem.parameters())


def test_frozen_blocks_do_not_learn() -> None:
    net = PlateNet(3)
    groups = parameters_by_depth(net, 1.0, 0.5, frozen=3)
    assert [group["lr"] for group in groups] == [1.0, 0.5, 0.25, 0.125]
    trained = {id(p) for group in groups for p in group["params"]}
    assert trained == {id(p) for p in net.parameters() if p.requires_grad}
    still = [net.stem, net.low, *net.middle[:3]]
    assert not any(p.requires_grad for part in still for p in part.parameters())
    assert all(p.requires_grad for p in net.middle[3].parameters())


def test_an_exported_reader_can_be_gone_on_with(catalogue: Catalogue, glyphs: GlyphSet) -> None:
    """What its file computes and what the network made of it computes differ by the rounding of activations only."""
    net = PlateNet(5).eval()
    load_weights(net, MODELS / "plate_net.onnx")
    x = to_tensor(PlateGenerator(catalogue, glyphs, 0).batch(0, 16)[0])
    session = open_session(MODELS / "plate_net.onnx", "cpu", 1)
    exported = session.run(None, {session.get_inputs()[0].name: x})[0]
    with torch.inference_mode():
        characters = net(torch.from_numpy(x))[0].softmax(-1).numpy()
    assert np.abs(characters - exported).mean() < 0.003
    assert (characters.argmax(-1) == exported.argmax(-1)).mean() > 0.95


def test_a_file_of_the_published_graph_is_known_as_such() -> None:
    one, other = PlateNet(5), PlateNet(5)
    load_pretrained(one, PRETRAINED)
    load_weights(other, PRETRAINED)
    torch.testing.assert_close(one.characters.weight, other.characters.weight)
