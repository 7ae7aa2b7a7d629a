"""A whole training: from fonts to an ONNX file and the card that says what it is."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import torch

from gpu_worker.vision.engines import PLATENET
from gpu_worker.vision.recognition import ctc
from gpu_worker.vision.recognition.platenet import PlateNetRecognizer
from gpu_worker.vision.recognition.regions import country as country_of
from lab.training.export import calibrated, export, sha256_of
from lab.training.fonts import load_glyphs
from lab.training.formats import load_catalogue
from lab.training.quantise import quantise
from lab.training.real import RealCrops, load_real, source_of
from lab.training.regions import fit_regions
from lab.training.samples import PlateGenerator
from lab.training.train import PLANS, Material, Plan, Trainer
from lab.training.weights import mix

_CALIBRATION_SEED_SHIFT, _TEST_SEED_SHIFT, _REGION_SEED_SHIFT = 1_000_003, 2_000_003, 3_000_017
_REGION_CROPS = {"smoke": 128, "small": 4000, "full": 60_000}
_RANGE_CROPS = 256
_HELD_OUT = {"smoke": 32, "small": 1000, "full": 10_000}


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known about a training once it is over.

    Attributes:
        plan: how much was trained.
        temperatures: of characters and regions.
        exact: share of held-out generated crops read exactly.
        region: share of them whose region is right.
        country: share of them whose country is right, states of one country taken together.
    """

    plan: Plan
    temperatures: tuple[float, float]
    exact: float
    region: float
    country: float


class Session:
    """One training with its settings.

    Args:
        size: a name in `PLANS`.
        seed: of everything random; held-out crops come from seeds derived from it.
        cache: folder with `fonts/glyphs.npz`; checkpoints go beside it.
        real: folders of real crops to train on beside the generated ones, see `real.load_real`.
        effort: threads of the training, processes that draw plates.

    Raises:
        ValueError: if a folder of real crops is none of the sources that may be trained on.
    """

    def __init__(self, size: str, seed: int, cache: Path, *, real: Sequence[Path], effort: tuple[int, int]) -> None:
        self._size, self._seed, self._cache, self._real = size, seed, cache, real
        for folder in real:
            source_of(folder)  # before hours are spent on what may not be used
        self._threads, self._workers = effort
        self._facts: Facts | None = None

    def train(self, start: Path, out: Path, cooldown: tuple[int, int] | None = None) -> None:
        """Train, calibrate and export.

        Args:
            start: the weights that it starts from, and that its own are averaged with.
            out: where the ONNX file goes, its pointwise layers in 8 bits; the float version stays in the cache.
            cooldown: see `Plan`.
        """
        torch.set_num_threads(self._threads)
        plan = replace(PLANS[self._size], cooldown=cooldown)
        stored = self._cache / "fonts" / "glyphs.npz"
        work = self._cache / f"run-{self._size}-seed{self._seed}"
        glyphs, catalogue = load_glyphs(stored), load_catalogue()
        finder = PlateNetRecognizer(PLATENET.path, threads=self._threads)
        material = Material(glyphs, RealCrops(load_real(self._real, finder)))
        tuned = Trainer(plan, start=start, material=material, work=work, seed=self._seed).run(self._workers)
        net = mix(tuned, start, plan.tuned)
        fit_regions(
            net, PlateGenerator(catalogue, glyphs, self._seed + _REGION_SEED_SHIFT, 1), _REGION_CROPS[self._size]
        )
        held_out = _HELD_OUT[self._size]
        reader = calibrated(net, PlateGenerator(catalogue, glyphs, self._seed + _CALIBRATION_SEED_SHIFT, 1), held_out)
        whole = work / "float.onnx"
        export(reader, whole)
        ranges, _, _ = PlateGenerator(catalogue, glyphs, self._seed + _CALIBRATION_SEED_SHIFT, 1).batch(0, _RANGE_CROPS)
        quantise(whole, out, ranges)
        test = PlateGenerator(catalogue, glyphs, self._seed + _TEST_SEED_SHIFT, 1)
        exact, region, country = held_out_accuracy(out, test, held_out)
        self._facts = Facts(plan, reader.temperatures, exact, region, country)

    def card(self, weights: Path, start: Path, real: str) -> str:
        """Write the model card.

        Args:
            weights: the exported file.
            start: the weights it was trained from.
            real: Markdown of `evaluate.report`, empty if no real plates were at hand.

        Raises:
            RuntimeError: if nothing has been trained yet.
        """
        if self._facts is None:
            raise RuntimeError("train() comes before card()")
        facts, plan = self._facts, self._facts.plan
        early = f" --cooldown {plan.cooldown[0]} {plan.cooldown[1]}" if plan.cooldown else ""
        given = " --real " + " ".join(folder.name for folder in self._real) if self._real else ""
        regions = len(load_catalogue().regions)
        classes = 1 + len(ctc.SYMBOLS)
        rows = {
            "input": "`x` (n, 3, 48, 192) float32, BGR, -1 to 1; the crop is stretched to that size",
            "output": f"`characters` (n, 24, {classes}) probabilities, the CTC blank first, then 0-9, A-Z;"
            f" `regions` (n, {regions}) probabilities",
            "size": f"{weights.stat().st_size / 1e6:.1f} MB",
            "sha256": f"`{sha256_of(weights)}`",
            "started from": f"`{start.name}`, sha256 `{sha256_of(start)}`",
            "trained on": f"{plan.last_step * plan.batch:,} crops, {plan.last_step:,} steps of {plan.batch}:"
            f" generated plates of {regions} regions"
            + (f", and {plan.real:.0%} of the real ones below" if self._real else " only"),
            **{f"real crops, {folder.name}": _origin(folder) for folder in self._real},
            "weights": f"the mean of tuned ones and those it started from, {plan.tuned:g} tuned",
            "fonts": "`@fontsource/*` packages named in `gpu_worker/vision/recognition/formats.toml`, OpenDIN and"
            " Routed Gothic, SIL Open Font License 1.1; Roadgeek, MIT; only pictures drawn with them were used",
            "command": f"`python -m lab.training train --size {self._size}{early} --seed {self._seed}"
            f" --start {start.name}{given}`",
            "temperatures": f"characters {facts.temperatures[0]:.3f}, regions {facts.temperatures[1]:.3f}",
            "licence": "Apache-2.0, as PP-OCRv6 (small), in which every weight began",
        }
        lines = [
            f"# {weights.name}",
            "",
            "A number-plate reader: one line of text in, characters and region out.",
            "",
            "| | |",
            "|---|---|",
            *(f"| {name} | {value} |" for name, value in rows.items()),
            "",
            f"Held-out generated crops, characters down to 6 px: {facts.exact:.3f} read exactly;",
            f"region right {facts.region:.3f}, country right {facts.country:.3f}.",
            "Generated plates are harder than most real ones and unlike them in other ways: only real plates decide.",
        ]
        return "\n".join([*lines, "", real]) if real else "\n".join([*lines, ""])


def held_out_accuracy(weights: Path, generator: PlateGenerator, count: int) -> tuple[float, float, float]:
    """Read generated crops with the exported file and return the shares of exact texts, regions and countries."""
    codes = load_catalogue().codes
    samples = [generator.sample(index) for index in range(count)]
    reader = PlateNetRecognizer(weights, threads=1)
    characters, regions = reader.run([sample.crop for sample in samples])
    exact = region = country = 0
    for sample, posteriors, best in zip(samples, characters, regions.argmax(axis=1).tolist(), strict=True):
        exact += ctc.best_path(posteriors, ctc.SYMBOLS)[0] == sample.text
        region += reader.codes[best] == codes[sample.region]
        country += country_of(reader.codes[best]) == country_of(codes[sample.region])
    return exact / count, region / count, country / count


def _origin(folder: Path) -> str:
    source = source_of(folder)
    return f"{source.origin}; {source.licence}"
