"""Open fonts as glyph masks: fetched from package registries once, rasterised once, kept in one file outside the repo.

The fonts are the `@fontsource/*` packages of npm that `formats.toml` names (SIL Open Font License 1.1), and the Debian
packages in `DEBIAN_FONTS`; only pictures drawn with them reach a model. Fetching needs `npm`, `apt-get` and `dpkg-deb`,
rasterising needs Pillow, fontTools and Brotli.
"""

import io
import json
import string
import subprocess
import tarfile
import tempfile
from collections.abc import Iterable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

GLYPH_HEIGHT, CAP_TOP, BASELINE = 96, 12, 72
"""Rows of a glyph mask: capitals reach from `CAP_TOP` to `BASELINE`, descenders go below it."""

CHARACTERS = string.ascii_letters + string.digits + "-.,'&:@·é "
_FETCH_TIMEOUT_S = 120

DEBIAN_FONTS = {
    "opendin": ("fonts-opendin", "OSP-DIN.ttf"),
    "roadgeek-c": ("fonts-roadgeek", "RG2014C.ttf"),
    "roadgeek-d": ("fonts-roadgeek", "RG2014D.ttf"),
    "routed-gothic": ("fonts-routed-gothic", "routed-gothic.ttf"),
    "routed-gothic-narrow": ("fonts-routed-gothic", "routed-gothic-narrow.ttf"),
}
"""Package and file by family: faces near real dies that npm does not have. OpenDIN and Routed Gothic are under the SIL
Open Font License 1.1, Roadgeek under the MIT licence."""

Mask = NDArray[np.uint8]
"""(GLYPH_HEIGHT, width), uint8: how much of each pixel the glyph covers, 0 to 255."""

GlyphSet = dict[str, dict[str, Mask]]
"""Masks by face (`family weight`), then by character."""


def fetch_package(family: str, version: str, folder: Path) -> Path:
    """Download one `@fontsource` package with npm, unless it is in `folder` already.

    Returns:
        The path of the package's archive.

    Raises:
        subprocess.SubprocessError: if npm fails or takes longer than two minutes.
    """
    archive = folder / f"fontsource-{family}-{version}.tgz"
    if not archive.exists():
        folder.mkdir(parents=True, exist_ok=True)
        command = ["npm", "pack", "--silent", f"@fontsource/{family}@{version}"]
        subprocess.run(command, cwd=folder, check=True, capture_output=True, timeout=_FETCH_TIMEOUT_S)  # noqa: S603 - no shell, names from formats.toml
    return archive


def unpacked_debian(family: str, folder: Path) -> bytes:
    """Download a Debian package, unless it is in `folder` already, and return the font file of one family in it.

    Raises:
        FileNotFoundError: if the package has no such file.
        subprocess.SubprocessError: if apt or dpkg fails, or takes longer than two minutes.
    """
    package, name = DEBIAN_FONTS[family]
    folder.mkdir(parents=True, exist_ok=True)
    if not any(folder.glob(f"{package}_*.deb")):
        _run("apt-get", "download", "--quiet", package, cwd=folder)
    archive = max(folder.glob(f"{package}_*.deb"))
    with tempfile.TemporaryDirectory() as unpacked:
        _run("dpkg-deb", "--extract", str(archive.absolute()), unpacked, cwd=folder)
        found = next(Path(unpacked).rglob(name), None)
        if found is None:
            raise FileNotFoundError(f"{archive.name} has no {name}")
        return found.read_bytes()


def _run(*command: str, cwd: Path) -> None:
    subprocess.run(command, cwd=cwd, check=True, capture_output=True, timeout=_FETCH_TIMEOUT_S)  # noqa: S603 - no shell, names from this module


def unpacked_npm(archive: Path, family: str, weight: str) -> bytes:
    """Return the font file of one weight in an archive that `fetch_package` wrote.

    Raises:
        KeyError: if the package has no such weight.
    """
    with tarfile.open(archive) as package:
        member = package.extractfile(f"package/files/{family}-latin-{weight}-normal.woff2")
        if member is None:
            raise KeyError(f"{archive.name} has no weight {weight}")
        return member.read()


def rasterise(content: bytes) -> dict[str, Mask]:
    """Draw every character of one face that it has.

    Args:
        content: a font file (TrueType, OpenType or WOFF2).
    """
    # Only drawing glyphs anew needs these; whoever has the stored masks does without the `train` extra.
    from fontTools.ttLib import TTFont  # noqa: PLC0415
    from PIL import Image, ImageDraw, ImageFont  # noqa: PLC0415

    font = TTFont(io.BytesIO(content))
    font.flavor = None
    with tempfile.NamedTemporaryFile(suffix=".ttf") as file:
        font.save(file.name)
        probe = ImageFont.truetype(file.name, 200)
        _, top, _, bottom = probe.getbbox("H")
        face = ImageFont.truetype(file.name, round(200 * (BASELINE - CAP_TOP) / (bottom - top)))
        masks = {}
        known = font.getBestCmap()
        for character in CHARACTERS:
            if ord(character) not in known:
                continue
            left, _, right, _ = face.getbbox(character, anchor="ls")
            width = max(3, round(right - min(left, 0)) + 2)
            picture = Image.new("L", (width, GLYPH_HEIGHT))
            ImageDraw.Draw(picture).text((1 - min(left, 0), BASELINE), character, fill=255, font=face, anchor="ls")
            masks[character] = np.asarray(picture)
    return masks


def save_glyphs(glyphs: GlyphSet, path: Path) -> None:
    """Write masks to one compressed file: per face one strip of all glyphs and their widths."""
    arrays: dict[str, NDArray[np.generic]] = {"faces": np.array(json.dumps(list(glyphs)))}
    for number, masks in enumerate(glyphs.values()):
        arrays[f"{number}_characters"] = np.array("".join(masks))
        arrays[f"{number}_widths"] = np.array([mask.shape[1] for mask in masks.values()])
        arrays[f"{number}_strip"] = np.hstack(list(masks.values()))
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("wb") as file:
        np.savez_compressed(file, allow_pickle=False, **arrays)


def load_glyphs(path: Path) -> GlyphSet:
    """Read what `save_glyphs` wrote."""
    glyphs: GlyphSet = {}
    with np.load(path) as arrays:
        for number, face in enumerate(json.loads(str(arrays["faces"]))):
            edges = np.cumsum(arrays[f"{number}_widths"])[:-1]
            strips = np.split(arrays[f"{number}_strip"], edges, axis=1)
            glyphs[face] = dict(zip(str(arrays[f"{number}_characters"]), strips, strict=True))
    return glyphs


def build_glyphs(faces: Iterable[str], versions: dict[str, str], cache: Path) -> GlyphSet:
    """Fetch and rasterise faces, or read them from the cache.

    Args:
        faces: `family weight` each.
        versions: package version by family, with `default`.
        cache: folder for the packages and for `glyphs.npz`.
    """
    wanted = sorted(faces)
    stored = cache / "glyphs.npz"
    if stored.exists():
        glyphs = load_glyphs(stored)
        if sorted(glyphs) == wanted:
            return glyphs
    glyphs = {}
    for name in wanted:
        family, weight = name.split()
        if family in DEBIAN_FONTS:
            glyphs[name] = rasterise(unpacked_debian(family, cache))
            continue
        archive = fetch_package(family, versions.get(family, versions["default"]), cache)
        glyphs[name] = rasterise(unpacked_npm(archive, family, weight))
    save_glyphs(glyphs, stored)
    return glyphs
