"""What plates of the world say, as a probability: P(text | country), read from `formats.toml`.

A country's plates are a mixture of its layouts; in each, P(text) is the product of its places' characters: a digit is
one of ten, a letter one of those in use there, some of them rare. A share is personalised or of a layout that the
file does not have. Layouts, letters and codes are public knowledge (national registration rules).
"""

import string
import tomllib
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from gpu_worker.vision.recognition import personalised
from gpu_worker.vision.recognition.ctc import SYMBOLS
from gpu_worker.vision.recognition.layouts import Layout, Part, parse

FORMATS_FILE: Final = Path(__file__).with_name("formats.toml")

ELSEWHERE: Final = ""
"""Stands for countries that the file does not have."""

_PERSONALISED: Final = 0.015
_ELSEWHERE_SHARE: Final = 0.03
_SELDOM: Final = "IOQ"
_RARE: Final = 0.25
"""A letter that a country seldom uses, beside one of the others: `IOQ` where the file does not say which."""
_UNLISTED: Final = 0.01
"""Share of a place's letters, or of its codes, that the file does not list: rules change, and lists have holes."""
_UNLISTED_CODES: Final = 0.1

_INDEX = {symbol: i for i, symbol in enumerate(SYMBOLS)}
_LETTERS = np.array([symbol.isalpha() for symbol in SYMBOLS])

Probabilities = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class _Factor:
    """What stands at some of a text's places: `table` holds the logarithm for each text of that many characters."""

    start: int
    width: int
    table: Probabilities


@dataclass(frozen=True, slots=True)
class _Component:
    """A layout of one length: one country's, its weight, its shape in `L` and `D`, and a factor for each part."""

    country: int
    weight: float
    shape: str
    factors: tuple[_Factor, ...]


class Catalogue:
    """The prior over texts. Immutable, and safe for several threads.

    Attributes:
        countries: ISO 3166-1 alpha-2 codes in lower case, sorted, then `ELSEWHERE`.
        traffic: how often a camera somewhere in the world meets each; sums to 1.
    """

    def __init__(self, tables: Mapping[str, Any]) -> None:
        """Compile what `formats.toml` holds.

        Raises:
            LayoutError: if a layout is none.
        """
        regions: Mapping[str, Mapping[str, Any]] = tables["regions"]
        known = sorted({code.partition("-")[0] for code in regions})
        self.countries: tuple[str, ...] = (*known, ELSEWHERE)
        shares = np.array([float(tables["traffic"].get(code, 1.0)) for code in known])
        self.traffic: Probabilities = np.append(shares / shares.sum() * (1 - _ELSEWHERE_SHARE), _ELSEWHERE_SHARE)
        codes = {name: tuple(text.split()) for name, text in tables["codes"].items()}
        self._personalised = self._shares_of_personalised(regions)
        by_length: dict[int, list[_Component]] = defaultdict(list)
        for component in _components(regions, codes, {code: i for i, code in enumerate(known)}):
            by_length[len(component.shape)].append(component)
        self._groups = {length: _Group(components) for length, components in by_length.items()}
        self._shapes: dict[str, Probabilities] = defaultdict(lambda: np.zeros(len(self.countries)))
        for components in by_length.values():
            for component in components:
                self._shapes[component.shape][component.country] += component.weight

    def _shares_of_personalised(self, regions: Mapping[str, Mapping[str, Any]]) -> Probabilities:
        shares = dict.fromkeys(self.countries, _PERSONALISED)
        for code, entry in regions.items():
            shares[code.partition("-")[0]] = float(entry.get("vanity", shares[code.partition("-")[0]]))
        shares[ELSEWHERE] = 1.0
        return np.array(list(shares.values()))

    def given_country(self, texts: Sequence[str]) -> Probabilities:
        """Compute how likely each text is on a plate of each country.

        Args:
            texts: normalised.

        Returns:
            (countries, texts) probabilities, in the order of `countries`.
        """
        layouts = np.zeros((len(self.countries), len(texts)))
        by_length: dict[int, list[int]] = defaultdict(list)
        for i, text in enumerate(texts):
            by_length[len(text)].append(i)
        for length, chosen in by_length.items():
            if length in self._groups:
                group = self._groups[length]
                layouts[group.countries[:, np.newaxis], chosen] = group.likelihoods([texts[i] for i in chosen])
        free = np.array([personalised.probability(text) for text in texts])
        share = self._personalised[:, np.newaxis]
        return np.asarray((1 - share) * layouts + share * free)

    def shape_given_country(self, shape: str) -> Probabilities:
        """Compute how likely a plate of each country is to be composed like `shape` (`LLDDLLL`); (countries,)."""
        layouts = self._shapes[shape] if shape in self._shapes else np.zeros(len(self.countries))
        return np.asarray((1 - self._personalised) * layouts + self._personalised * personalised.of_shape(shape))

    @property
    def shapes(self) -> tuple[str, ...]:
        """All shapes that some country's layouts have, the commonest in the world first."""
        return tuple(sorted(self._shapes, key=lambda s: (-float(self._shapes[s] @ self.traffic), s)))


class _Group:
    """All layouts of one length, compiled so that numpy sums over them."""

    def __init__(self, components: Sequence[_Component]) -> None:
        ordered = sorted(components, key=lambda component: component.country)
        numbers = [component.country for component in ordered]
        self.countries, self._starts = np.unique(numbers, return_index=True)
        self._weights = np.array([component.weight for component in ordered])[:, np.newaxis]
        length = len(ordered[0].shape)
        tables: dict[bytes, int] = {}
        singles = [np.zeros(len(SYMBOLS))]  # of a place that a longer code covers
        self._single = np.zeros((len(ordered), length), np.intp)
        self._codes: list[tuple[int, _Factor]] = []
        for row, component in enumerate(ordered):
            for factor in component.factors:
                if factor.width > 1:
                    self._codes.append((row, factor))
                    continue
                key = factor.table.tobytes()
                if key not in tables:
                    tables[key] = len(singles)
                    singles.append(factor.table)
                self._single[row, factor.start] = tables[key]
        self._singles = np.stack(singles)

    def likelihoods(self, texts: Sequence[str]) -> Probabilities:
        """Sum each country's layouts: (countries of this group, texts)."""
        characters = np.array([[_INDEX[c] for c in text] for text in texts])
        logs = self._singles[self._single[:, np.newaxis, :], characters[np.newaxis]].sum(axis=2)
        for row, factor in self._codes:
            at = np.zeros(len(texts), np.intp)
            for place in range(factor.start, factor.start + factor.width):
                at = at * len(SYMBOLS) + characters[:, place]
            logs[row] += factor.table[at]
        return np.asarray(np.add.reduceat(self._weights * np.exp(logs), self._starts, axis=0))


def _components(
    regions: Mapping[str, Mapping[str, Any]], codes: Mapping[str, tuple[str, ...]], numbers: Mapping[str, int]
) -> Iterator[_Component]:
    """Make the layouts of all regions, those of a country's states as its own; a country's weights sum to 1."""
    of_country: dict[str, list[tuple[float, str, Mapping[str, Any], Layout]]] = defaultdict(list)
    for code, entry in regions.items():
        letters = entry.get("letters", string.ascii_uppercase)
        layouts = [parse(text, letters, codes) for text in entry["rows"]]
        total = sum(layout.weight for layout in layouts)
        country = code.partition("-")[0]
        of_country[country] += [
            (float(entry.get("weight", 1.0)) * layout.weight / total, letters, entry, layout) for layout in layouts
        ]
    for country, weighed in of_country.items():
        whole = sum(weight for weight, *_ in weighed)
        for weight, letters, entry, layout in weighed:
            for share, factors in _expansions(layout, letters, entry.get("rare", _SELDOM)):
                shape = "".join(_shape_of(factor) for factor in factors)
                yield _Component(numbers[country], weight / whole * share, shape, factors)


def _expansions(layout: Layout, letters: str, rare: str) -> Iterator[tuple[float, tuple[_Factor, ...]]]:
    """Fix the lengths of a layout's codes: one expansion for each combination, with its share."""
    grown: list[tuple[float, tuple[_Factor, ...], int]] = [(1.0, (), 0)]
    for part in layout.parts:
        if part.kind == "mark":
            continue
        further = []
        for share, factors, at in grown:
            for of_length, width, table in _tables(part, letters, rare):
                further.append((share * of_length, (*factors, _Factor(at, width, table)), at + width))
        grown = further
    for share, factors, _ in grown:
        yield share, factors


def _tables(part: Part, letters: str, rare: str) -> Iterator[tuple[float, int, Probabilities]]:
    """Give, for each length that a part may have: its share, the length, and a table of logarithms."""
    if part.kind == "letter":
        yield 1.0, 1, _letters(letters, rare)
        return
    for width in sorted({len(choice) for choice in part.choices}):
        chosen = [choice for choice in part.choices if len(choice) == width]
        yield len(chosen) / len(part.choices), width, _choices(part.kind, tuple(chosen))


@cache
def _letters(letters: str, rare: str) -> Probabilities:
    shares = np.array([float(s in letters) * (_RARE if s in rare else 1.0) for s in SYMBOLS])
    shares *= (1 - _UNLISTED) / shares.sum()
    others = _LETTERS & (shares == 0)
    shares[others] = _UNLISTED / max(1, int(others.sum()))
    return _logarithms(shares)


@cache
def _choices(kind: str, chosen: tuple[str, ...]) -> Probabilities:
    """Spread a part's probability over what it may be; codes leave some for others of their kind."""
    width = len(chosen[0])
    shares = np.zeros((len(SYMBOLS),) * width)
    if kind == "code":
        digits = chosen[0].isdigit()
        alike = np.ix_(*([np.flatnonzero(~_LETTERS if digits else _LETTERS)] * width))
        shares[alike] = _UNLISTED_CODES / shares[alike].size
    listed = (1 - _UNLISTED_CODES if kind == "code" else 1.0) / len(chosen)
    for choice in chosen:
        shares[tuple(_INDEX[c] for c in choice)] += listed
    return _logarithms(shares.reshape(-1))


def _logarithms(shares: Probabilities) -> Probabilities:
    with np.errstate(divide="ignore"):
        return np.log(shares)


def _shape_of(factor: _Factor) -> str:
    best = int(np.argmax(factor.table))
    places = np.unravel_index(best, (len(SYMBOLS),) * factor.width)
    return "".join("L" if _LETTERS[int(place)] else "D" for place in places)


@cache
def load(path: Path = FORMATS_FILE) -> Catalogue:
    """Read and compile the formats, once.

    Raises:
        LayoutError: if a layout is none.
    """
    return Catalogue(tables(path))


@cache
def tables(path: Path = FORMATS_FILE) -> Mapping[str, Any]:
    """Read `formats.toml` as it is written."""
    with path.open("rb") as file:
        return tomllib.load(file)


def known_regions() -> frozenset[str]:
    """Return the country codes that have layouts here."""
    return frozenset(load().countries) - {ELSEWHERE}


def is_drawn(code: str, entry: Mapping[str, Any]) -> bool:
    """Tell whether a region's look is described too, so that pictures of its plates can be drawn."""
    return "shape" in entry or code.startswith("us-")
