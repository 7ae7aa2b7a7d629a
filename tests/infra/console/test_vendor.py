"""The libraries are those that the lock pins, byte by byte, with their licences."""

import json
from pathlib import Path

import pytest

from infra.console import npm, vendor


def test_every_library_is_what_was_vendored() -> None:
    assert vendor.faults() == []


def test_the_locks_packages_all_have_an_integrity() -> None:
    packages = json.loads(npm.LOCK.read_text())["packages"]

    for name, entry in packages.items():
        if name:
            assert entry["integrity"].startswith("sha512-"), name
            # From wherever npm is told to ask.
            assert "resolved" not in entry, name


def test_every_library_has_its_licence_beside_it() -> None:
    for package, entry in json.loads(vendor.MANIFEST.read_text()).items():
        assert entry["license"], package
        assert any("LICENSE" in file for file in entry["files"]), package


@pytest.mark.parametrize("change", ["edit", "remove", "add"])
def test_a_file_that_is_not_as_it_was_is_noticed(change: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    copy = tmp_path / "console" / "vendor"
    copy.mkdir(parents=True)
    for path in vendor.VENDOR.rglob("*"):
        target = copy / path.relative_to(vendor.VENDOR)
        if path.is_dir():
            target.mkdir(exist_ok=True)
        else:
            target.write_bytes(path.read_bytes())
    monkeypatch.setattr(vendor, "VENDOR", copy)
    monkeypatch.setattr(vendor, "CONSOLE", copy.parent)
    monkeypatch.setattr(vendor, "MANIFEST", copy / "vendor.json")
    assert vendor.faults() == []

    file = copy / "preact" / "dist" / "preact.mjs"
    match change:
        case "edit":
            file.write_bytes(file.read_bytes() + b" ")
        case "remove":
            file.unlink()
        case _:
            (copy / "preact" / "more.js").touch()

    assert len(vendor.faults()) == 1
    assert "preact" in vendor.faults()[0]
