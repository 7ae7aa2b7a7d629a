"""The page says what the model says, of what stands in the templates, at prices that can be looked up."""

import re
from pathlib import Path

import pytest

from lab.cost.installed import Installed
from lab.cost.page import PAGES, updated
from lab.cost.prices import PriceTable
from lab.cost.report import INSTALLED
from tests.infra.conftest import Template


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_a_page_is_up_to_date(page: Path) -> None:
    written = page.read_text()

    assert updated(written) == written, "python -m lab.cost --write brings it up to date"


def test_every_place_in_the_pages_is_there_and_has_an_end() -> None:
    places = re.findall(r"<!-- (\w+) -->", "".join(page.read_text() for page in PAGES))

    assert places[0::2] == ["prod", "dev", "speeds", "streams", "pictures", "assumptions", "prices", "loads"]
    assert set(places[1::2]) == {"end"}
    with pytest.raises(KeyError):
        updated("<!-- elsewhere -->\n<!-- end -->")


@pytest.mark.parametrize("environment", INSTALLED)
def test_what_is_counted_is_what_stands_in_the_templates(
    assemblies: dict[str, dict[str, Template]], environment: str
) -> None:
    counted = Installed.counted(stack.content for stack in assemblies[environment].values())

    assert counted == INSTALLED[environment]


def test_each_price_says_where_it_stands_and_when_it_was_seen_there() -> None:
    for price in PriceTable.read().prices.values():
        assert price.usd > 0
        assert re.fullmatch(r"https://aws\.amazon\.com/[a-z0-9/-]+/", price.source)
        assert price.seen is None or re.fullmatch(r"20\d\d-(0[1-9]|1[0-2])", price.seen)
