"""Reading a Dockerfile as far as this repository's goes, and running its steps where there is no docker."""

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

# What builds an image as root, from Ubuntu's archive, cannot be done here.
_LEFT_OUT = re.compile(r"^apt-get ")
# Here, unlike in an image, the next run is glad of the cache.
_NOT_SET = {"PIP_NO_CACHE_DIR"}


@dataclass
class Stage:
    """One `FROM` and what follows it.

    Attributes:
        base: what it starts from, an image or another stage.
        name: what other stages call it.
        steps: instructions and their arguments, in order.
    """

    base: str
    name: str
    steps: list[tuple[str, str]] = field(default_factory=list)

    def of(self, instruction: str) -> list[str]:
        return [argument for kind, argument in self.steps if kind == instruction]

    def variables(self) -> dict[str, str]:
        return dict(part.split("=", 1) for text in self.of("ENV") for part in shlex.split(text))


def read(path: Path, arguments: Mapping[str, str]) -> dict[str, Stage]:
    """Read a Dockerfile's stages, with build arguments put in, or their defaults."""
    text = "\n".join(line for line in path.read_text().splitlines() if not line.lstrip().startswith("#"))
    arguments = dict(re.findall(r"^ARG (\w+)=(\S+)$", text, re.MULTILINE)) | dict(arguments)
    stages: dict[str, Stage] = {}
    for line in re.sub(r"\\\n\s*", "", text).splitlines():
        if not line.strip():
            continue
        instruction, argument = line.split(maxsplit=1)
        for name, value in arguments.items():
            argument = argument.replace(f"${{{name}}}", value)
        if instruction == "FROM":
            base, _, name = argument.split()
            current = stages[name] = Stage(base, name)
        elif stages:
            current.steps.append((instruction, argument))
    return stages


class Build:
    """Stages run in a folder in place of an image's file system, by this very interpreter."""

    def __init__(self, context: Path, root: Path, moved: tuple[str, ...]) -> None:
        """Begin.

        Args:
            context: what `COPY` copies from.
            root: the folder.
            moved: paths of the image that are below the folder here.
        """
        self._context = context
        self._root = root
        self._moved = moved
        self.environment = {"PATH": f"{root}/bin:/usr/bin:/bin", **_network()}
        (root / "bin").mkdir(parents=True)
        (root / "bin" / "python3").symlink_to(Path(sys.executable).resolve())

    def here(self, text: str) -> str:
        """A text with the image's paths replaced by those below the folder."""
        for path in self._moved:
            text = text.replace(path, f"{self._root}{path}")
        return text

    def run(self, stage: Stage) -> None:
        """Do what a stage says, but for what needs Ubuntu's archive and root's rights."""
        for instruction, argument in stage.steps:
            if instruction == "ENV":
                for name, value in (part.split("=", 1) for part in shlex.split(argument)):
                    if name not in _NOT_SET:
                        self.environment[name] = self.here(value)
            elif instruction == "COPY" and not argument.startswith("--from="):
                source, target = argument.split()
                self._copy(self._context / source, Path(self.here(target)))
            elif instruction == "RUN" and not _LEFT_OUT.match(argument):
                self.shell(argument)

    def shell(self, command: str) -> str:
        """Run a command of the image's."""
        done = subprocess.run(
            ["sh", "-c", self.here(command)],
            env=self.environment,
            cwd=self._root,
            capture_output=True,
            text=True,
            timeout=280,
            check=False,
        )
        assert done.returncode == 0, f"{command}\n{done.stdout}\n{done.stderr}"
        return done.stdout

    @staticmethod
    def _copy(source: Path, target: Path) -> None:
        target.parent.mkdir(parents=True, exist_ok=True)
        if source.is_dir():
            shutil.copytree(source, target, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(source, target)


def exec_form(argument: str) -> str:
    """An `ENTRYPOINT` or `CMD` in JSON as a shell's command line."""
    return shlex.join(json.loads(argument))


def _network() -> dict[str, str]:
    """How this machine reaches the package registry, and where pip keeps what it fetched."""
    return {
        name: value
        for name, value in os.environ.items()
        if name.startswith("PIP_") or name.lower().endswith("_proxy") or name in ("HOME", "SSL_CERT_FILE")
    }
