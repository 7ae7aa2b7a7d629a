"""Links between the pages lead somewhere."""

import re
from pathlib import Path
from typing import Final

import pytest

from tests.markdown import anchors

_ROOT: Final = Path(__file__).parent.parent
_PAGES: Final = sorted([*_ROOT.glob("*.md"), *(_ROOT / "docs").rglob("*.md")])


@pytest.mark.parametrize("page", _PAGES, ids=lambda page: str(page.relative_to(_ROOT)))
def test_every_link_to_a_page_of_ours_leads_to_it(page: Path) -> None:
    lost = []
    for target in re.findall(r"\]\(([^)\s]+)\)", page.read_text()):
        if re.match(r"[a-z]+:", target):
            continue
        name, _, anchor = target.partition("#")
        found = (page.parent / name).resolve() if name else page
        if not found.exists() or (anchor and anchor not in anchors(found.read_text())):
            lost.append(target)

    assert lost == []
