"""Fine-tuning the network on generated plates: one loop, reproducible from a seed, resumable from its checkpoint."""

import json
import logging
import math
import os
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional as F  # noqa: N812 - the name that every torch project uses
from torch.utils.data import DataLoader, Dataset

from gpu_worker.vision.recognition.ctc import SYMBOLS
from gpu_worker.vision.recognition.platenet import fit, to_tensor
from lab.training.fonts import GlyphSet
from lab.training.formats import load_catalogue
from lab.training.network import PlateNet, parameters_by_depth
from lab.training.real import RealCrops
from lab.training.samples import PlateGenerator
from lab.training.weights import load_weights

log = logging.getLogger(__name__)

_WARM_UP_SHARE = 0.04
_LEAST_FACTOR = 0.01
_REGION_WEIGHT = 0.1
_AVERAGING = 0.998
_CLIP_NORM = 2.0
_CHECKPOINT_STEPS = 100
_NO_REGION = -1
"""What stands for the region of a real crop: its label does not tell the state, and many not the country."""
_NUMBER = {symbol: number for number, symbol in enumerate(SYMBOLS, start=1)}

Batch = tuple[NDArray[np.uint8], list[str], NDArray[np.int64]]


@dataclass(frozen=True, slots=True)
class Plan:
    """How much to train.

    Attributes:
        steps: optimiser steps.
        batch: crops a step.
        rate: peak learning rate of the heads.
        decay: factor on the rate for each stage further from the heads.
        real: share of the crops that are real ones, where there are any.
        tuned: share of the tuned weights in their mean with those that it started from.
        frozen: blocks of the middle stage that stay as they are, with all that lies before them.
        cooldown: first and last step of an early end: from the first on, the rate falls straight to the schedule's
            last value and training ends. None for the whole schedule.
    """

    steps: int
    batch: int
    rate: float
    decay: float
    real: float = 0.25
    tuned: float = 0.5
    frozen: int = 7
    cooldown: tuple[int, int] | None = None

    @property
    def last_step(self) -> int:
        return self.cooldown[1] if self.cooldown else self.steps

    def rate_factor(self, step: int) -> float:
        """Return the learning rate's factor at a step: a short linear rise, then half a cosine down to a hundredth."""
        if self.cooldown and step >= self.cooldown[0]:
            first, last = self.cooldown
            start = replace(self, cooldown=None).rate_factor(first)
            return start + (_LEAST_FACTOR - start) * min(1.0, (step - first) / max(1, last - first - 1))
        warm = max(1, round(_WARM_UP_SHARE * self.steps))
        if step < warm:
            return (step + 1) / warm
        fallen = 0.5 * (1 + math.cos(math.pi * (step - warm) / max(1, self.steps - warm)))
        return _LEAST_FACTOR + (1 - _LEAST_FACTOR) * fallen


PLANS = {
    "smoke": Plan(steps=4, batch=4, rate=1e-4, decay=0.7),
    "small": Plan(steps=2000, batch=32, rate=4e-4, decay=0.75),
    "full": Plan(steps=40_000, batch=256, rate=1e-3, decay=0.85, frozen=0),
}
"""`small` is half an hour of two idle CPU cores, `full` a few hours of one GPU, `smoke` a test."""


@dataclass(frozen=True, slots=True)
class Material:
    """What plates are drawn with, and real crops, if there are any."""

    glyphs: GlyphSet
    real: RealCrops


class Batches(Dataset[Batch]):
    """Batch `i` of a seed, drawn wherever a loader's worker asks for it."""

    def __init__(self, material: Material, seed: int, plan: Plan) -> None:
        self._generator = PlateGenerator(load_catalogue(), material.glyphs, seed)
        self._real = material.real
        self._seed = seed
        self._plan = plan

    def __len__(self) -> int:
        return self._plan.last_step

    def __getitem__(self, step: int) -> Batch:
        size = self._plan.batch
        taken = round(size * self._plan.real) if len(self._real) else 0
        pictures, texts, regions = self._generator.batch(step * size, size - taken)
        rng = np.random.default_rng((self._seed, 2, step))
        drawn = [self._real.draw(rng) for _ in range(taken)]
        return (
            np.concatenate([pictures, *(fit(crop)[None] for crop, _ in drawn)]),
            texts + [text for _, text in drawn],
            np.concatenate([regions, np.full(taken, _NO_REGION)]),
        )


def _one_thread(_worker: int) -> None:
    cv2.setNumThreads(1)
    os.nice(5)


def targets(texts: list[str]) -> tuple[Tensor, Tensor]:
    """Encode texts for the CTC loss: all class numbers in one row, and the length of each text."""
    flat = [_NUMBER[symbol] for text in texts for symbol in text]
    return torch.tensor(flat), torch.tensor([len(text) for text in texts])


def loss_of(outputs: tuple[Tensor, Tensor], texts: list[str], regions: Tensor) -> tuple[Tensor, Tensor]:
    """Compute the character loss (CTC, mean over crops of the loss per character) and the region loss.

    Args:
        outputs: logits of characters (n, steps, 37) and regions (n, classes).
        texts: what the crops say.
        regions: (n,) class numbers, -1 where the region is not known.
    """
    characters, region_logits = outputs
    flat, lengths = targets(texts)
    log_probabilities = characters.float().log_softmax(-1).transpose(0, 1)
    steps = torch.full((len(texts),), log_probabilities.shape[0])
    flat, lengths, steps = (t.to(characters.device) for t in (flat, lengths, steps))
    ctc = F.ctc_loss(log_probabilities, flat, steps, lengths, zero_infinity=True)
    return ctc, F.cross_entropy(region_logits.float(), regions, ignore_index=_NO_REGION, label_smoothing=0.1)


class Trainer:
    """One training run.

    Args:
        plan: how much.
        start: what the network starts from: the plate cut of PP-OCRv6, or an exported reader.
        material: of the crops.
        work: folder for the checkpoint and the log of losses.
        seed: of samples and of new layers.
    """

    def __init__(self, plan: Plan, *, start: Path, material: Material, work: Path, seed: int) -> None:
        torch.manual_seed(seed)
        self._plan, self._seed, self._material = plan, seed, material
        self._device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
        net = PlateNet(len(load_catalogue().regions))
        load_weights(net, start)
        self.net = net.to(self._device, memory_format=torch.channels_last)
        groups = parameters_by_depth(self.net, plan.rate, plan.decay, plan.frozen)
        self._optimiser = torch.optim.AdamW(groups, betas=(0.9, 0.98), weight_decay=0.01)
        self._average = {name: p.detach().clone() for name, p in self.net.named_parameters()}
        self._peaks = [float(group["lr"]) for group in self._optimiser.param_groups]
        self._checkpoint = work / "checkpoint.pt"
        self._history = work / "history.jsonl"
        self._step = 0
        work.mkdir(parents=True, exist_ok=True)
        if self._checkpoint.exists():
            self._resume()

    def run(self, workers: int = 1) -> PlateNet:
        """Train to the end of the plan.

        Args:
            workers: processes that draw samples.

        Returns:
            The network with its weights averaged over the last steps, in evaluation mode.
        """
        batches = Batches(self._material, self._seed, self._plan)
        loader = DataLoader(
            batches,
            batch_size=None,
            sampler=range(self._step, self._plan.last_step),
            num_workers=workers,
            prefetch_factor=4 if workers else None,
            worker_init_fn=_one_thread,
            collate_fn=_unchanged,
            # A forked process inherits OpenCV's pool without its threads, and waits for them for ever.
            multiprocessing_context="spawn" if workers else None,
        )
        began = time.monotonic()
        for losses in self._steps(iter(loader)):
            if self._step % 25 == 0:
                entry = {
                    "step": self._step,
                    "ctc": losses[0],
                    "region": losses[1],
                    "s": round(time.monotonic() - began),
                }
                log.info(
                    "step %(step)d of %(of)d: ctc %(ctc).4f region %(region).3f, %(s)d s",
                    entry | {"of": self._plan.last_step},
                )
                with self._history.open("a") as file:
                    file.write(json.dumps(entry) + "\n")
            if self._step % _CHECKPOINT_STEPS == 0:
                self._save()
        self._save()
        return self.averaged()

    def _steps(self, batches: Iterator[Batch]) -> Iterator[tuple[float, float]]:
        """Make one optimiser step a batch and yield the losses, smoothed."""
        smooth: tuple[float, float] | None = None
        for pictures, texts, regions in batches:
            factor = self._plan.rate_factor(self._step)
            for group, peak in zip(self._optimiser.param_groups, self._peaks, strict=True):
                group["lr"] = peak * factor
            x = torch.from_numpy(to_tensor(pictures)).to(self._device, memory_format=torch.channels_last)
            with torch.autocast(self._device.type, dtype=torch.bfloat16):
                outputs = self.net(x)
            ctc, region = loss_of(outputs, texts, torch.from_numpy(regions).to(self._device))
            self._optimiser.zero_grad(set_to_none=True)
            (ctc + _REGION_WEIGHT * region).backward()
            torch.nn.utils.clip_grad_norm_(self.net.parameters(), _CLIP_NORM)
            self._optimiser.step()
            self._step += 1
            keep = min(_AVERAGING, self._step / (self._step + 10))
            with torch.no_grad():
                for name, p in self.net.named_parameters():
                    self._average[name].lerp_(p.detach(), 1 - keep)
            latest = (float(ctc.detach()), float(region.detach()))
            smooth = (
                latest if smooth is None else (smooth[0] * 0.95 + latest[0] * 0.05, smooth[1] * 0.95 + latest[1] * 0.05)
            )
            yield smooth

    def averaged(self) -> PlateNet:
        """Return a copy of the network with averaged weights, on the CPU, in evaluation mode."""
        net = PlateNet(len(load_catalogue().regions))
        net.load_state_dict({name: value.cpu() for name, value in self._average.items()})
        net.eval()
        return net

    def _save(self) -> None:
        state = {
            "step": self._step,
            "net": self.net.state_dict(),
            "average": self._average,
            "optimiser": self._optimiser.state_dict(),
        }
        partial = self._checkpoint.with_suffix(".partial")
        torch.save(state, partial)
        partial.replace(self._checkpoint)

    def _resume(self) -> None:
        state = torch.load(self._checkpoint, map_location=self._device, weights_only=True)
        self._step = state["step"]
        self.net.load_state_dict(state["net"])
        self._optimiser.load_state_dict(state["optimiser"])
        self._average = state["average"]
        log.info("going on from step %d", self._step)


def _unchanged(batch: Batch) -> Batch:
    """Hand a batch through: it is made whole, and texts must stay a list."""
    return batch
