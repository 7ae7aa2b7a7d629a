"""Real crops for training: as they are, and with the characters of one plate put in another order.

Cutting the characters of a real plate apart and setting them anew keeps everything that is real about them, the die,
the light, the blur, the noise, and gives as many texts as there are orders ("Advancing Multinational License Plate
Recognition Through Synthetic and Real Data Fusion", Laroca et al., 2025, found no cheap augmentation that pays more).
Where the characters stand is taken from what a trained reader sees; a plate that it does not read as labelled is used
as it is.
"""

import csv
import tomllib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from gpu_worker.vision.geometry import BoundingBox, Image
from gpu_worker.vision.plate_reader import plate_cuts
from gpu_worker.vision.recognition import PlateText, Recognizer
from gpu_worker.vision.recognition.glyphs import find_rows
from lab.training.camera import exposed

_SOURCES_FILE = Path(__file__).with_name("sources.toml")
_LONGEST = 10
_AS_IT_IS_SHARE = 0.3
_FEWEST = 3
_CROP_ROOM = 0.06
"""How much there is left and right of the plate in the crops, as a share of it; above and below it is twice as much."""
_TIGHT_WIDTH = 94
"""Crops of this width or less were made for a network of that size, and have no room about the plate."""


@dataclass(frozen=True, slots=True, eq=False)
class RealPlate:
    """One real plate of one row.

    Attributes:
        crops: ways it may be cut, BGR uint8, level.
        text: what it says, A-Z and 0-9.
        strips: of the first crop: what is left of the characters, each of them, what is right of them; empty where
            nobody knows where they stand.
    """

    crops: tuple[Image, ...]
    text: str
    strips: tuple[Image, ...] = ()


@dataclass(frozen=True, slots=True)
class Source:
    """Where a folder of crops comes from, and under which licence."""

    origin: str
    licence: str


def source_of(folder: Path) -> Source:
    """Look up a folder's origin in `sources.toml`.

    Raises:
        ValueError: if it is not named there.
    """
    with _SOURCES_FILE.open("rb") as file:
        known = tomllib.load(file)
    if folder.name not in known:
        raise ValueError(
            f"{folder.name} is not among the sources in {_SOURCES_FILE}: weights must not be trained on it."
        )
    return Source(**known[folder.name])


def load_real(folders: Iterable[Path], reader: Recognizer) -> list[list[RealPlate]]:
    """Read folders of crops.

    Args:
        folders: each with a `labels.csv` (image_path, plate_text, rows) and the crops that it names, with a little
            room about the plate. Plates of two rows are left out: which row says what is not labelled.
        reader: finds the characters.

    Returns:
        The plates of each folder.

    Raises:
        FileNotFoundError: if the labels name a picture that is not there.
    """
    found = []
    for folder in folders:
        with (folder / "labels.csv").open(newline="") as file:
            rows = [row for row in csv.DictReader(file) if (row.get("rows") or "1") == "1"]
        plates = []
        for row in rows:
            image = cv2.imread(str(folder / row["image_path"]))
            if image is None:
                raise FileNotFoundError(folder / row["image_path"])
            plate = real_plate(np.asarray(image, np.uint8), row["plate_text"], reader)
            if plate is not None:
                plates.append(plate)
        found.append(plates)
    return found


def real_plate(image: Image, text: str, reader: Recognizer) -> RealPlate | None:
    """Make a plate out of a crop, or None if it looks like two rows or its text is none that a plate has.

    Args:
        image: BGR uint8, the plate and the room about it that the crops have.
        text: what it says.
        reader: finds the characters.
    """
    if not _FEWEST <= len(text) <= _LONGEST or not text.isalnum() or not text.isascii():
        return None
    height, width = image.shape[:2]
    room = _CROP_ROOM if width > _TIGHT_WIDTH else 0.0
    room_x, room_y = width * room / (1 + 2 * room), height * room / (0.5 + 2 * room)
    crops = plate_cuts(image, BoundingBox(room_x, room_y, width - room_x, height - room_y))
    if find_rows(image) is not None:
        return None
    return RealPlate(tuple(crops), text, tuple(strips_of(crops[0], text, reader.read(crops[:1])[0])))


def strips_of(crop: Image, text: str, read: PlateText) -> list[Image]:
    """Cut a plate between its characters.

    Args:
        crop: BGR uint8, level.
        text: what it says.
        read: what a reader with CTC posteriors made of it.

    Returns:
        What is left of the characters, one strip a character, what is right of them: all as high as the crop. Empty if
        the read is not `text`, or two characters stand too close to be cut apart.
    """
    middles = _middles(read, crop.shape[1])
    if read.text != text or len(middles) != len(text):
        return []
    grey = np.asarray(cv2.cvtColor(crop, cv2.COLOR_BGR2GRAY), np.float32)
    core = grey[grey.shape[0] // 5 : grey.shape[0] * 4 // 5]
    ink = core.std(axis=0)
    pitch = float(np.median(np.diff(middles)))
    first, last = middles[0] - 0.95 * pitch, middles[-1] + 0.95 * pitch
    ends = [(first, middles[0] - 0.3 * pitch), *_between(middles), (middles[-1] + 0.3 * pitch, last)]
    edges = [_quietest(ink, low, high) for low, high in ends]
    if min(np.diff([*edges])) < max(2.0, 0.25 * pitch):
        return []
    return [crop[:, a:b] for a, b in zip([0, *edges], [*edges, crop.shape[1]], strict=True)]


def _between(middles: Sequence[float]) -> list[tuple[float, float]]:
    """Return the middle half of each span between neighbours."""
    return [(a + 0.25 * (b - a), b - 0.25 * (b - a)) for a, b in pairwise(middles)]


def _quietest(ink: NDArray[np.float32], low: float, high: float) -> int:
    """Find the column with the least ink of a span; the one nearest to its middle where several have as little."""
    a = int(np.clip(round(low), 0, len(ink) - 1))
    b = int(np.clip(round(high), a + 1, len(ink)))
    span = ink[a:b]
    away = np.abs(np.arange(a, b) - (a + b - 1) / 2) / max(1, b - a)
    return a + int(np.argmin(span + away * 0.2 * (float(span.max()) - float(span.min()) + 1e-3)))


def _middles(read: PlateText, width: int) -> list[float]:
    """Return where a crop's characters are, px from its left: the mean column of the steps that speak for each."""
    steps = read.posteriors.argmax(axis=1).tolist()
    weights = read.posteriors.max(axis=1).tolist()
    groups: list[list[int]] = []
    for step, symbol in enumerate(steps):
        if symbol and step and steps[step - 1] == symbol:
            groups[-1].append(step)
        elif symbol:
            groups.append([step])
    places = [sum((s + 0.5) * weights[s] for s in group) / sum(weights[s] for s in group) for group in groups]
    return [place * width / len(steps) for place in places]


class RealCrops:
    """Draws crops of real plates.

    Args:
        folders: the plates of each source; every source is drawn from as often as any other, however many it has.
    """

    def __init__(self, folders: Sequence[Sequence[RealPlate]]) -> None:
        self._folders = [list(plates) for plates in folders if plates]

    def __len__(self) -> int:
        return sum(map(len, self._folders))

    def draw(self, rng: np.random.Generator) -> tuple[Image, str]:
        """Draw one crop, BGR uint8, and what it says."""
        plates = self._folders[rng.integers(len(self._folders))]
        plate = plates[rng.integers(len(plates))]
        if not plate.strips or rng.random() < _AS_IT_IS_SHARE:
            crop, text = plate.crops[rng.integers(len(plate.crops))], plate.text
        else:
            crop, text = rearranged(plate, rng)
        return exposed(_trimmed(crop, rng), rng), text


def rearranged(plate: RealPlate, rng: np.random.Generator) -> tuple[Image, str]:
    """Set the characters of a plate anew: in another order, some of them twice, or fewer of them.

    Args:
        plate: with strips.
        rng: the source of randomness.

    Returns:
        A crop, BGR uint8, and what it says.
    """
    count = len(plate.text)
    draw = rng.random()
    if draw < 0.55:
        order = rng.permutation(count)
    elif draw < 0.85:
        order = rng.integers(0, count, count)
    else:
        order = rng.permutation(count)[: int(rng.integers(min(_FEWEST, count), count + 1))]
    left, *characters, right = plate.strips
    strips = [left, *(characters[i] for i in order), right]
    return np.hstack(strips), "".join(plate.text[i] for i in order)


def _trimmed(crop: Image, rng: np.random.Generator) -> Image:
    """Cut up to a twentieth off each side, so that no two crops of a plate lie on the same pixels."""
    height, width = crop.shape[:2]
    top, bottom = (rng.uniform(0, 0.05, 2) * height).astype(int)
    left, right = (rng.uniform(0, 0.025, 2) * width).astype(int)
    return crop[top : height - bottom, left : width - right]
