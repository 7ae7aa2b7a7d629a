"""THIRD_PARTY.md names each library of the console, by the licence that it comes with."""

import json
import re

from infra.console.vendor import MANIFEST
from infra.packaging import ROOT
from tests.markdown import rows_of


def test_each_library_of_the_console_is_named_with_its_licence() -> None:
    page = (ROOT / "THIRD_PARTY.md").read_text(encoding="utf-8")
    chapter = page.split("## Libraries of the console")[1].split("\n## ")[0]
    named = {
        package: licence
        for packages, licence, _ in rows_of(chapter, "package")
        for package in re.sub(r"\(.*?\)", "", packages).replace(" ", "").split(",")
    }
    vendored = json.loads(MANIFEST.read_text(encoding="utf-8"))
    assert named == {package: entry["license"] for package, entry in vendored.items()}
