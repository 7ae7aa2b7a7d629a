"""`python -m infra.images`: builds every image, says how large each is, and tries each as it is run.

With docker, or podman, or buildah to build and podman to run, whichever is there. A container is tried without a
network, without a capability, as nobody, with a read-only root: the workers' images read a clip, and the servers' makes
keys, says what it is not told, and answers `/health`. What else the builder needs on a machine (a proxy, a certificate
authority) is said by `--build-option`; `--base` replaces the images that the Dockerfiles start from, where they cannot
be had.
"""

import argparse
import json
import shutil
import subprocess
import sys
import tempfile
import time
import tomllib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from infra.local.demo import rendered_clip
from infra.packaging import ROOT

_BUILD_TIMEOUT_S: Final = 3600
_RUN_TIMEOUT_S: Final = 600
_STRICT: Final = ("--rm", "--network=none", "--read-only", "--cap-drop=all", "--security-opt=no-new-privileges")
_PYTHON: Final = "/opt/anpr/venv/bin/python"

# What serves starts, and says that it is there, before any of its servers is.
NO_SERVERS: Final = {
    "ANPR_MODE": "selfhost",
    "ANPR_DB_URL": "postgresql://anpr@127.0.0.1:1/anpr",
    "ANPR_REDIS_URL": "redis://127.0.0.1:1/0",
    "ANPR_S3_BUCKET": "anpr",
    "ANPR_S3_ENDPOINT_URL": "http://127.0.0.1:1",
    "ANPR_S3_ACCESS_KEY_ID": "none",
    "ANPR_S3_SECRET_ACCESS_KEY": "none",
    "ANPR_SECRETS_DIR": "/run/anpr",
}


@dataclass(frozen=True, slots=True)
class Image:
    """One image.

    Attributes:
        name: as compose.yaml and deploy/kubernetes call it.
        dockerfile: its path from the repository's root.
        ignore: the file that says what the builder gets.
        bases: build arguments that name what it starts from.
        arguments: further build arguments.
    """

    name: str
    dockerfile: str
    ignore: str
    bases: tuple[str, ...]
    arguments: dict[str, str] = field(default_factory=dict)


IMAGES: Final = (
    Image("anpr-server", "server/Dockerfile", "server/Dockerfile.dockerignore", ("BASE",)),
    Image("anpr-worker", "gpu_worker/Dockerfile", ".dockerignore", ("BASE",), {"KIND": "cpu"}),
    Image("anpr-worker-gpu", "gpu_worker/Dockerfile", ".dockerignore", ("BASE", "GPU_BASE"), {"KIND": "gpu"}),
)


class CannotBuild(Exception):
    """Why there are no images, in words."""


@dataclass(frozen=True, slots=True)
class Tools:
    """The programs.

    Attributes:
        build: makes images.
        run: runs them.
    """

    build: str
    run: str

    @classmethod
    def found(cls) -> "Tools":
        """Those of this machine.

        Raises:
            CannotBuild: there are none.
        """
        if shutil.which("docker") and _answers("docker", "info"):
            return cls("docker", "docker")
        if shutil.which("podman"):
            return cls("buildah" if shutil.which("buildah") else "podman", "podman")
        raise CannotBuild("Neither docker (with its engine) nor podman is here; one of them is needed.")

    def build_command(self, image: Image, tag: str, *, base: str | None, options: Sequence[str]) -> list[str]:
        """The command line that makes an image of the working tree."""
        arguments = dict(image.arguments) | ({} if base is None else dict.fromkeys(image.bases, base))
        command = [self.build, "build", "--file", image.dockerfile, "--tag", f"{image.name}:{tag}"]
        command += ["--tag", f"{image.name}:latest"]
        if self.build != "docker":
            # Docker finds the file by its name. HEALTHCHECK is in docker's format alone.
            command += ["--format", "docker", "--ignorefile", image.ignore]
        for name, value in arguments.items():
            command += ["--build-arg", f"{name}={value}"]
        return [*command, *options, "."]

    def size_bytes(self, name: str) -> int:
        """How large an image is, unpacked."""
        done = _run([self.run, "image", "inspect", name], timeout_s=60)
        return int(json.loads(done.stdout)[0]["Size"])


def version() -> str:
    """The tag: the version of the project."""
    return str(tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"])


def attempts(image: Image, tag: str, clip: Path) -> Iterator[tuple[list[str], int, str]]:
    """What is tried with an image: a container's options and command, the status it ends with, and what it says."""
    name = f"{image.name}:{tag}"
    if image.name == "anpr-server":
        keys = [
            "--tmpfs",
            "/keys:rw,mode=1777",
            "--entrypoint",
            _PYTHON,
            name,
            "-m",
            "anpr",
            "init",
            "--dir",
            "/keys/k",
        ]
        yield keys, 0, "signing-key"
        strict = ["--tmpfs", "/tmp"]  # noqa: S108 - a container's
        yield [*strict, "--env", "ANPR_MODE=selfhost", name, "api"], 2, "ANPR_"
        yield [*strict, *_served(name, "api", "/health")], 0, "healthy"
        return
    mounts = ["--tmpfs", "/var/lib/anpr:rw,mode=1777", "--volume", f"{clip.parent}:/clips:ro"]
    # What deploy/kubernetes runs before the worker.
    yield ["--entrypoint", _PYTHON, name, "-m", "anpr", "wait", "--help"], 0, "--within"
    if image.name == "anpr-worker":
        yield [*mounts, *_served(name, "reader", "/alive")], 0, "healthy"
    # The GPU's libraries are tried where the GPU is; that the image reads at all, anywhere.
    yield [*mounts, "--env", "ANPR_VISION_DEVICE=cpu", name, "read", "--json", f"/clips/{clip.name}"], 0, '"plate"'


def _served(name: str, process: str, path: str) -> list[str]:
    """Options and command of a container that serves until it answers."""
    told = [word for pair in NO_SERVERS.items() for word in ("--env", "=".join(pair))]
    ask = f'import urllib.request as u; u.urlopen("http://127.0.0.1:8000{path}", timeout=4)'
    script = f"""
        {_PYTHON} -m server {process} & served=$!
        for _ in $(seq 60); do
            {_PYTHON} -c '{ask}' 2>/dev/null && echo healthy && break
            sleep 1
        done
        kill $served; wait $served
    """
    return [*told, "--entrypoint", "sh", name, "-c", script]


def make(image: Image, tools: Tools, *, base: str | None, options: Sequence[str]) -> str:
    """Build an image and try it; returns a line about it.

    Raises:
        CannotBuild: why not.
    """
    tag, began = version(), time.monotonic()
    done = _run(tools.build_command(image, tag, base=base, options=options), timeout_s=_BUILD_TIMEOUT_S)
    if done.returncode != 0:
        raise CannotBuild(f"{image.name} was not built:\n{done.stdout[-4000:]}\n{done.stderr[-4000:]}")
    built_s, began = time.monotonic() - began, time.monotonic()
    for arguments, status, words in attempts(image, tag, _readable(rendered_clip())):
        done = _run([tools.run, "run", *_STRICT, *arguments], timeout_s=_RUN_TIMEOUT_S)
        if done.returncode != status or words not in done.stdout + done.stderr:
            said = f"{done.stdout[-2000:]}\n{done.stderr[-2000:]}"
            raise CannotBuild(f"{image.name} ended with {done.returncode}, not with {status} and {words!r}:\n{said}")
    size = tools.size_bytes(f"{image.name}:{tag}")
    tried_s = time.monotonic() - began
    return f"{image.name}:{tag}: {size / 1e6:.0f} MB, built in {built_s:.0f} s, tried in {tried_s:.0f} s"


def _readable(clip: Path) -> Path:
    """The clip where any user may read it, as the one in a container must."""
    folder = Path(tempfile.gettempdir()) / "anpr-images"
    folder.mkdir(exist_ok=True, mode=0o755)
    shutil.copy(clip, folder / clip.name)
    (folder / clip.name).chmod(0o644)
    return folder / clip.name


def _answers(*command: str) -> bool:
    try:
        return _run(list(command), timeout_s=30).returncode == 0
    except subprocess.TimeoutExpired:
        return False


def _run(command: list[str], *, timeout_s: int) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(  # noqa: S603 - of this machine's own programs
        command, cwd=ROOT, capture_output=True, text=True, timeout=timeout_s, check=False, stdin=subprocess.DEVNULL
    )


def main() -> int:
    """Build and try; returns the exit status."""
    parser = argparse.ArgumentParser(prog="infra.images", description="Builds the images, and tries them.")
    parser.add_argument("names", nargs="*", metavar="IMAGE", help=f"of {', '.join(each.name for each in IMAGES)}; all")
    parser.add_argument("--base", help="what every image starts from, in place of what its Dockerfile pins")
    parser.add_argument("--build-option", action="append", default=[], help="one more word of the builder's command")
    asked = parser.parse_args()
    names = asked.names or [each.name for each in IMAGES]
    if unknown := set(names) - {each.name for each in IMAGES}:
        parser.error(f"no such image: {', '.join(sorted(unknown))}")
    try:
        tools = Tools.found()
        for image in (each for each in IMAGES if each.name in names):
            sys.stdout.write(f"{make(image, tools, base=asked.base, options=asked.build_option)}\n")
            sys.stdout.flush()
    except (CannotBuild, subprocess.TimeoutExpired) as error:
        sys.stderr.write(f"{error}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
