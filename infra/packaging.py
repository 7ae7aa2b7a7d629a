"""What the functions are made of: two layers and the functions' own code, all built without docker.

The third-party layer is slow to build (pip) and seldom changes, so it is one zip file in the cache, named by what went
into it: the lock, the target and this recipe. The other two are folders of the working tree.
"""

import compileall
import hashlib
import os
import py_compile
import shutil
import subprocess
import sys
import zipfile
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Final, Literal, TypeAlias

from infra.cache import forget_others, made_once

ROOT: Final = Path(__file__).resolve().parent.parent
CACHE: Final = ROOT / ".cache"
LAYER_LOCK: Final = ROOT / "layers" / "deps" / "requirements.txt"

LayerTarget: TypeAlias = Literal["arm64", "host"]

# Changes when the recipe below does, so that no stale layer is taken from the cache.
_RECIPE: Final = "5"
_PIP_TIMEOUT_S: Final = 900
AWS_SERVICES: Final = frozenset(
    {"cloudwatch", "events", "lambda", "s3", "secretsmanager", "ses", "sesv2", "sns", "sqs", "ssm", "sts", "xray"}
)
"""What botocore may be asked for in a function. The descriptions of the 400 other services are left out of the layer:
they are a third of its size and of its files, which each function of the emulator unpacks at its first call."""
_TESTS: Final = frozenset({"testing", "tests"})
_FOR_DEVELOPERS: Final = frozenset({".c", ".cc", ".cpp", ".h", ".pxd", ".pyi", ".pyx"})
# Amazon Linux 2023, which Lambda's Python 3.13 runs on, has glibc 2.34.
_ARM64_OPTIONS: Final = (
    *(f"--platform=manylinux_2_{minor}_aarch64" for minor in (34, 28, 17)),
    "--platform=manylinux2014_aarch64",
    "--python-version=3.13",
    "--implementation=cp",
)
# The zip format's earliest time: a rebuilt layer is the same file.
_EPOCH: Final = (1980, 1, 1, 0, 0, 0)


class PackagingError(RuntimeError):
    """A layer could not be built; the text is what pip said."""


@dataclass(frozen=True, slots=True)
class Bundles:
    """Where the functions' code lies.

    Attributes:
        core: folder with `python/anpr`.
        dependencies: zip file with `python/` and every third-party package.
        functions: folder that holds the package `functions`.
    """

    core: Path
    dependencies: Path
    functions: Path


def bundles(target: LayerTarget, *, cache: Path = CACHE) -> Bundles:
    """Locate the functions' code, building the third-party layer where the cache does not have it.

    Raises:
        PackagingError: pip failed.
    """
    return Bundles(core=ROOT / "layers" / "core", dependencies=_dependencies(target, cache / "layers"), functions=ROOT)


def _dependencies(target: LayerTarget, cache: Path) -> Path:
    digest = hashlib.sha256()
    for part in (LAYER_LOCK.read_bytes(), target.encode(), _RECIPE.encode()):
        digest.update(part)
    if target == "host":
        digest.update(f"{sys.implementation.cache_tag}-{sys.platform}-{os.uname().machine}".encode())
    made = cache / f"dependencies-{target}-{digest.hexdigest()[:16]}.zip"
    made_once(made, partial(_build_dependencies, target))
    forget_others(made, f"dependencies-{target}-*.zip")
    return made


def _build_dependencies(target: LayerTarget, zipped: Path) -> None:
    content = zipped.parent / "content"
    _install(target, content / "python")
    zip_folder(content, zipped)


def _install(target: LayerTarget, folder: Path) -> None:
    options = _ARM64_OPTIONS if target == "arm64" else ()
    done = subprocess.run(  # noqa: S603 - this interpreter's own pip
        [
            *(sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"),
            *("--require-hashes", "--no-deps", "--only-binary=:all:", "--no-compile"),
            *options,
            f"--target={folder}",
            f"--requirement={LAYER_LOCK}",
        ],
        capture_output=True,
        text=True,
        stdin=subprocess.DEVNULL,
        timeout=_PIP_TIMEOUT_S,
        check=False,
    )
    if done.returncode != 0:
        raise PackagingError(f"pip could not build the dependencies layer for {target}:\n{done.stderr.strip()}")
    for described in (folder / "botocore" / "data").iterdir():
        if described.is_dir() and described.name not in AWS_SERVICES:
            shutil.rmtree(described)
    # Console scripts name this machine's interpreter; no function runs them.
    shutil.rmtree(folder / "bin", ignore_errors=True)
    _drop_what_is_never_imported(folder)
    if target == "host":
        _keep_byte_code_alone(folder)


def _drop_what_is_never_imported(folder: Path) -> None:
    """Remove the packages' own tests, type stubs and sources of compiled modules."""
    for path in sorted(folder.rglob("*")):
        if path.is_dir() and path.name in _TESTS:
            shutil.rmtree(path)
        elif path.suffix in _FOR_DEVELOPERS:
            path.unlink()


def _keep_byte_code_alone(folder: Path) -> None:
    """Replace sources by byte code, for this interpreter.

    Each function of the emulator unpacks the layer anew at its first call: this halves the files, and none is compiled.
    """
    mode = py_compile.PycInvalidationMode.UNCHECKED_HASH
    compileall.compile_dir(folder, quiet=2, invalidation_mode=mode, stripdir=str(folder), legacy=True, workers=0)
    for source in folder.rglob("*.py"):
        if source.with_suffix(".pyc").exists():
            source.unlink()


def zip_folder(folder: Path, target: Path, *, exclude: frozenset[str] = frozenset()) -> None:
    """Zip a folder's content so that the same content makes the same bytes.

    Args:
        folder: what to zip; names inside the zip file are relative to it.
        target: the file to write.
        exclude: names of files and folders to leave out, at any depth.
    """
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED, compresslevel=6) as archive:
        for path in sorted(path for path in folder.rglob("*") if path.is_file()):
            name = path.relative_to(folder)
            if exclude.isdisjoint(name.parts):
                entry = zipfile.ZipInfo(name.as_posix(), date_time=_EPOCH)
                entry.external_attr = 0o644 << 16
                entry.compress_type = zipfile.ZIP_DEFLATED
                archive.writestr(entry, path.read_bytes())
