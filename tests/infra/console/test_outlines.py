"""The map's outlines are flat: no ring jumps from one end of the map to the other, and each is closed."""

from itertools import pairwise
from typing import Any

import pytest

from infra.console.npm import CONSOLE
from tests.infra.console.modules import evaluate

_SCRIPT = f"""
import {{ readFileSync }} from 'node:fs';
const {{ default: feature }} = await load('vendor/topojson-client/src/feature.js');
const {{ flattened }} = await load('app/map/outlines.js');
const topology = JSON.parse(readFileSync('{CONSOLE}/vendor/world-atlas/countries-110m.json', 'utf8'));
console.log(JSON.stringify(flattened(feature(topology, topology.objects.countries))));
"""


@pytest.fixture(scope="module")
def rings() -> dict[str, list[list[list[float]]]]:
    """By country, its rings."""
    countries: dict[str, Any] = evaluate(_SCRIPT)
    found: dict[str, list[list[list[float]]]] = {}
    for country in countries["features"]:
        shape = country["geometry"]["coordinates"]
        polygons = [shape] if country["geometry"]["type"] == "Polygon" else shape
        found[country["properties"]["name"]] = [ring for polygon in polygons for ring in polygon]
    return found


def test_no_outline_jumps_across_the_map(rings: dict[str, list[list[list[float]]]]) -> None:
    jumps = {
        country
        for country, of_it in rings.items()
        for ring in of_it
        for one, other in pairwise(ring)
        # Antarctica's end is closed along the map's edge.
        if abs(one[0] - other[0]) > 180 and not one[1] == other[1] == -85.06
    }
    assert jumps == set()
    assert [country for country, of_it in rings.items() if any(ring[0] != ring[-1] for ring in of_it)] == []


def test_what_lies_on_both_sides_of_the_180th_meridian_goes_on_past_it(
    rings: dict[str, list[list[list[float]]]],
) -> None:
    beyond = {
        country for country, of_it in rings.items() if any(abs(east) > 180.001 for ring in of_it for east, _ in ring)
    }
    assert {"Russia", "Fiji"} <= beyond
    assert len(rings) == 177
