"""Fitting the region head on what the trained network sees.

Within the main loop the head sees every crop once, and a few thousand steps leave it near chance. The pooled features
of a crop are small, so a few thousand of them are computed once and the head goes over them many times.
"""

import torch
from torch import Tensor, nn

from gpu_worker.vision.recognition.platenet import to_tensor
from lab.training.network import PlateNet
from lab.training.samples import PlateGenerator

_CHUNK, _BATCH, _EPOCHS, _RATE = 32, 128, 60, 2e-3


def pooled_features(net: PlateNet, generator: PlateGenerator, count: int) -> tuple[Tensor, Tensor]:
    """Draw crops and compute what the region head sees of them.

    Returns:
        Features (count, 696) and region numbers (count,).
    """
    features, regions = [], []
    with torch.inference_mode():
        for start in range(0, count, _CHUNK):
            pictures, _, numbers = generator.batch(start, min(_CHUNK, count - start))
            features.append(net.features(torch.from_numpy(to_tensor(pictures)))[1])
            regions.append(torch.from_numpy(numbers))
    return torch.cat(features), torch.cat(regions)


def fit_regions(net: PlateNet, generator: PlateGenerator, count: int) -> None:
    """Train the region head of a network from where it is; the rest of the network stays as it was.

    Args:
        net: on the CPU, changed in place.
        generator: of crops.
        count: crops to draw.
    """
    features, regions = (t.clone() for t in pooled_features(net, generator, count))
    spread = (
        features.std(0) + 1e-3
    )  # features differ in scale; noise in proportion keeps the head from learning by heart
    optimiser = torch.optim.AdamW(net.region.parameters(), lr=_RATE, weight_decay=0.05)
    steps = _EPOCHS * max(1, count // _BATCH)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, _RATE, total_steps=steps)
    draws = torch.Generator().manual_seed(0)
    for _ in range(steps):
        chosen = torch.randint(count, (_BATCH,), generator=draws)
        noisy = features[chosen] + 0.2 * spread * torch.randn(len(chosen), features.shape[1], generator=draws)
        loss = nn.functional.cross_entropy(net.region(noisy), regions[chosen], label_smoothing=0.05)
        optimiser.zero_grad(set_to_none=True)
        loss.backward()
        optimiser.step()
        schedule.step()
