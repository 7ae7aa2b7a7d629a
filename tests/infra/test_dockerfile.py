"""The worker's image, as far as it can be shown without docker: its steps are run in a clean virtual environment."""

import os
import re
import subprocess
import time
import tomllib
from pathlib import Path

import pytest
import yaml

from infra.images import IMAGES, Image
from infra.packaging import ROOT
from tests.infra.dockerfile import Build, Stage, exec_form, read

DOCKERFILE = ROOT / "gpu_worker" / "Dockerfile"


def stages(kind: str) -> dict[str, Stage]:
    return read(DOCKERFILE, {"KIND": kind})


def locked(kind: str) -> dict[str, str]:
    text = (ROOT / "gpu_worker" / f"requirements-{kind}.lock").read_text()
    return dict(re.findall(r"^([a-z0-9._-]+(?:\[[a-z,]+\])?)==([^ ;]+)", text, re.MULTILINE))


@pytest.mark.timeout(600)
@pytest.mark.xdist_group("packaging")
def test_the_steps_make_a_worker_in_a_clean_environment(tmp_path: Path) -> None:
    made = stages("cpu")
    build = Build(ROOT, tmp_path / "root", moved=("/opt/anpr", "/var/lib/anpr"))
    (tmp_path / "root/var/lib/anpr").mkdir(parents=True)

    for name in ("base-cpu", "packages", "worker"):
        build.run(made[name])

    start = exec_form(made["worker"].of("ENTRYPOINT")[-1])
    assert "take jobs from the queue" in build.shell(f"{start} --help")
    # Neither torch nor a compiler's leavings, and nothing of this very environment.
    names = build.shell("/opt/anpr/venv/bin/python -c 'import sys; print(sys.prefix, *sys.path)'")
    assert str(tmp_path) in names
    assert ".venv" not in names


@pytest.mark.parametrize("kind", ["cpu", "gpu"])
def test_every_base_is_one_digest_or_a_stage(kind: str) -> None:
    made = stages(kind)

    for stage in made.values():
        assert stage.base in made or re.fullmatch(r"[a-z/]+:[\w.-]+@sha256:[0-9a-f]{64}", stage.base)
    assert made["worker"].base == f"base-{kind}"
    # What was installed under one Python must find the same one.
    assert made["packages"].base == made["base-cpu"].base
    assert "ubuntu24.04" in made["base-gpu"].base


@pytest.mark.parametrize("kind", ["cpu", "gpu"])
def test_packages_are_installed_by_hash_alone(kind: str) -> None:
    installs = [
        step for stage in stages(kind).values() for step in stage.of("RUN") if " install " in step and "pip" in step
    ]

    assert len(installs) == 1
    for option in ("--require-hashes", "--no-deps", "--only-binary=:all:"):
        assert option in installs[0]
    lock = (ROOT / "gpu_worker" / f"requirements-{kind}.lock").read_text()
    assert f"COPY gpu_worker/requirements-{kind}.lock" in "\n".join(
        f"COPY {step}" for step in stages(kind)["packages"].of("COPY")
    )
    assert all("--hash=sha256:" in block for block in re.split(r"\n(?=\S)", lock.strip()) if "==" in block)


@pytest.mark.parametrize(("kind", "extra"), [("cpu", "worker"), ("gpu", "gpu")])
def test_an_image_has_all_that_the_worker_asks_for(kind: str, extra: str) -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    extras = project["optional-dependencies"]
    asked = [*project["dependencies"], *extras["vision"], *extras[extra]]
    names = {re.split(r"[\[<>=~!; ]", one)[0].lower() for one in asked}

    assert names - {project["name"]} <= {name.split("[")[0] for name in locked(kind)}, "run make lock"


def test_the_images_differ_in_the_runtime_of_their_models_and_in_what_lambda_starts() -> None:
    on_cpu, on_gpu = locked("cpu"), locked("gpu")

    assert on_cpu.keys() - on_gpu.keys() == {"onnxruntime", "awslambdaric", "simplejson"}
    assert on_gpu.keys() - on_cpu.keys() == {"onnxruntime-gpu"}
    assert {name: on_cpu[name] for name in on_cpu.keys() & on_gpu.keys()}.items() <= on_gpu.items()


def test_the_images_hold_what_was_tested_here() -> None:
    tested = dict(re.findall(r"^([a-z0-9._-]+)==([^ ;]+)", (ROOT / "requirements.lock").read_text(), re.MULTILINE))

    differing = {name for name, version in locked("cpu").items() if tested.get(name.split("[")[0], version) != version}
    assert differing == set()


def test_it_runs_as_nobody_in_particular_and_writes_to_one_folder() -> None:
    worker = stages("gpu")["worker"]

    assert worker.of("USER") == ["10001:10001"]
    assert worker.of("VOLUME") == ['["/var/lib/anpr"]']
    variables = worker.variables()
    for name in ("HOME", "TMPDIR", "ANPR_WORKER_SCRATCH"):
        assert variables[name] == "/var/lib/anpr"
    # After the user was changed nothing is run that could need more rights.
    instructions = [kind for kind, _ in worker.steps]
    assert "RUN" not in instructions[instructions.index("USER") :]


def test_a_gpu_is_used_where_there_is_one() -> None:
    made = stages("gpu")

    assert made["base-gpu"].variables()["ANPR_VISION_DEVICE"] == "cuda"
    assert made["base-cpu"].variables()["ANPR_VISION_DEVICE"] == "cpu"


@pytest.mark.parametrize(("age_s", "healthy"), [(0, True), (60, True), (300, False), (None, False)])
def test_a_worker_that_shows_no_life_is_unhealthy(tmp_path: Path, age_s: float | None, *, healthy: bool) -> None:
    worker = stages("gpu")["worker"]
    alive = tmp_path / "alive"
    if age_s is not None:
        alive.touch()
        os.utime(alive, (time.time() - age_s,) * 2)

    command = worker.of("HEALTHCHECK")[0].split("CMD ", 1)[1].replace("/var/lib/anpr", str(tmp_path))
    done = subprocess.run(["sh", "-c", command], capture_output=True, timeout=10, check=False)

    assert (done.returncode == 0) is healthy
    assert worker.variables()["ANPR_WORKER_LIVENESS_FILE"] == "/var/lib/anpr/alive"


@pytest.mark.parametrize("image", IMAGES, ids=lambda image: image.name)
def test_the_builder_gets_what_an_image_is_made_of_and_nothing_else(image: Image) -> None:
    ignored = [line for line in (ROOT / image.ignore).read_text().splitlines() if line and not line.startswith("#")]
    made = read(ROOT / image.dockerfile, image.arguments)

    assert ignored[0] == "*"
    allowed = {line.removeprefix("!") for line in ignored if line.startswith("!")}
    copied = {step.split()[0] for stage in made.values() for step in stage.of("COPY") if not step.startswith("--from")}
    for source in copied:
        assert any(source == path or source.startswith(f"{path}/") for path in allowed), source
    assert all(any(source.startswith(path) for source in copied) for path in allowed)
    assert all((ROOT / path).exists() for path in allowed)
    # What docker looks for beside a Dockerfile, before it takes the repository's.
    own = (ROOT / f"{image.dockerfile}.dockerignore").exists()
    assert image.ignore == (f"{image.dockerfile}.dockerignore" if own else ".dockerignore")


def test_every_image_of_compose_is_built_by_its_dockerfile() -> None:
    services = yaml.safe_load((ROOT / "compose.yaml").read_text())["services"].values()
    ours = {
        re.sub(r"\$\{\w+:-([^:}]+):latest\}", r"\1", service["image"]): service["build"]["dockerfile"]
        for service in services
        if "build" in service
    }

    assert ours == {image.name: image.dockerfile for image in IMAGES}
