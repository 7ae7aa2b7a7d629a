"""The layers hold what the functions need, for the processor and the Python that they run on."""

import ast
import json
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from infra.packaging import AWS_SERVICES, ROOT, LayerTarget, bundles, zip_folder

HANDLERS = sorted(
    str(path.relative_to(ROOT).with_suffix("")).replace("/", ".")
    for pattern in ("functions/*/handler.py", "functions/api/aws/[a-z]*.py")
    for path in ROOT.glob(pattern)
    if "\nhandler = " in path.read_text() or "\ndef handler(" in path.read_text()
)
_ML = {"av", "cv2", "easyocr", "numpy", "onnxruntime", "torch", "ultralytics"}
_ELF_ARM64 = 0xB7

pytestmark = pytest.mark.xdist_group("packaging")


@pytest.fixture(scope="module")
def layer(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The third-party layer, unpacked as a function finds it."""
    folder = tmp_path_factory.mktemp("layer")
    with zipfile.ZipFile(bundles("host").dependencies) as archive:
        archive.extractall(folder)
    return folder / "python"


def test_there_are_handlers() -> None:
    assert {"functions.api.aws.identity", "functions.outbox_relay.handler", "functions.setup.handler"} <= set(HANDLERS)


@pytest.mark.parametrize("module", HANDLERS)
def test_a_handler_needs_the_layers_alone_and_no_machine_learning(layer: Path, module: str) -> None:
    program = f"import json, sys, {module}; assert callable({module}.handler); print(json.dumps(sorted(sys.modules)))"
    path = ":".join((str(layer), str(ROOT / "layers" / "core" / "python"), str(ROOT)))

    # Without -S the packages of this very environment would stand in for what the layer lacks.
    done = subprocess.run(
        [sys.executable, "-S", "-c", program],
        env={"PYTHONPATH": path, "PATH": "/usr/bin:/bin"},
        cwd="/",
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )

    assert done.returncode == 0, done.stderr
    assert _ML.isdisjoint(json.loads(done.stdout))


def test_the_layer_knows_every_service_that_the_adapters_ask_for() -> None:
    asked = set()
    for source in (ROOT / "layers" / "core" / "python" / "anpr").rglob("*.py"):
        for node in ast.walk(ast.parse(source.read_text())):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.args:
                first = node.args[0]
                if node.func.id in ("_client", "make_client") and isinstance(first, ast.Constant):
                    asked.add(first.value)

    assert asked
    assert asked <= AWS_SERVICES


def test_the_layer_for_aws_is_compiled_for_its_processor_and_its_python() -> None:
    with zipfile.ZipFile(bundles("arm64").dependencies) as archive:
        compiled = [name for name in archive.namelist() if ".so" in Path(name).suffixes]
        machines = {archive.read(name)[18] for name in compiled}

    assert machines == {_ELF_ARM64}
    versioned = [name for name in compiled if "cpython-" in name]
    assert [name for name in versioned if "cpython-313" not in name] == []
    assert all(name.startswith("python/") for name in compiled)


@pytest.mark.parametrize("target", ["host", "arm64"])
def test_the_layer_has_nothing_that_is_never_imported_and_room_to_spare(target: LayerTarget) -> None:
    with zipfile.ZipFile(bundles(target).dependencies) as archive:
        names = [Path(name) for name in archive.namelist()]
        unpacked = sum(entry.file_size for entry in archive.infolist())

    assert [name for name in names if {"tests", "testing"} & set(name.parts) or name.suffix in {".pyi", ".pyx"}] == []
    # Lambda takes 250 MB of layers and code together.
    assert unpacked < 80e6


def test_the_layers_have_the_versions_that_the_tests_ran_with() -> None:
    def pins(path: str) -> dict[str, str]:
        lines = [line.split(" ")[0] for line in (ROOT / path).read_text().splitlines() if "==" in line[:60]]
        return dict(line.split("==") for line in lines if not line.startswith((" ", "#")))

    everything, layer = pins("requirements.lock"), pins("layers/deps/requirements.txt")

    assert len(layer) > 20
    assert {name: everything.get(name) for name in layer} == layer


def test_the_same_content_makes_the_same_zip(tmp_path: Path) -> None:
    zips = []
    for number in (1, 2):
        folder = tmp_path / str(number)
        (folder / "sub" / "__pycache__").mkdir(parents=True)
        for name in ("b", "a", "sub/c", f"sub/__pycache__/{number}"):
            (folder / name).write_text(name)
        (folder / "a").chmod(0o600 if number == 1 else 0o644)
        target = tmp_path / f"{number}.zip"
        zip_folder(folder, target, exclude=frozenset({"__pycache__"}))
        zips.append(target.read_bytes())

    assert zips[0] == zips[1]
    with zipfile.ZipFile(tmp_path / "1.zip") as archive:
        assert archive.namelist() == ["a", "b", "sub/c"]
