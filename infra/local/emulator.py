"""The AWS emulator: `ministack`, in a virtual environment of its own, listening on the loopback interface only."""

import os
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from infra.local.process import LoggedProcess, answers
from infra.local.wheels import environment
from infra.packaging import CACHE

LOCK: Final = Path(__file__).with_name("ministack.lock")
ACCESS_KEY: Final = "test"
"""Both halves of the account's own key: the emulator lets whoever shows it do everything."""
ACCOUNT: Final = "000000000000"
REGION: Final = "eu-central-1"
_START_TIMEOUT_S: Final = 60


def install(cache: Path = CACHE) -> Path:
    """Make the emulator's virtual environment where the cache does not have it yet.

    It pins another version of boto3 than the backend does, so it cannot share the backend's environment.

    Returns:
        Its Python interpreter.

    Raises:
        infra.local.wheels.WheelError: pip failed.
    """
    return environment("emulator", LOCK, cache) / "bin" / "python"


@dataclass(frozen=True, slots=True)
class AccessKey:
    """Whose name requests are signed in.

    Attributes:
        id: the public half.
        secret: the other half.
    """

    id: str = ACCESS_KEY
    secret: str = ACCESS_KEY


def client_environment(endpoint: str, key: AccessKey | None = None) -> dict[str, str]:
    """Environment variables that make any AWS client talk to the emulator and never to the person's own account.

    Args:
        endpoint: the emulator's address.
        key: whom the client acts for; the account itself, which may do everything, where none is given.
    """
    key = key or AccessKey()
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "ANPR_"))}
    return kept | {
        "AWS_ENDPOINT_URL": endpoint,
        "AWS_ACCESS_KEY_ID": key.id,
        "AWS_SECRET_ACCESS_KEY": key.secret,
        "AWS_DEFAULT_REGION": REGION,
        "AWS_REGION": REGION,
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
    }


@dataclass(frozen=True, slots=True)
class Emulator:
    """A running emulator.

    Attributes:
        process: the program.
        port: where it listens on 127.0.0.1.
    """

    process: LoggedProcess
    port: int

    @property
    def endpoint(self) -> str:
        """What AWS clients are given as the endpoint."""
        return f"http://127.0.0.1:{self.port}"

    def wait(self) -> None:
        """Wait until it answers.

        Raises:
            infra.local.process.ProcessError: it did not come up.
        """
        self.process.wait_until(lambda: answers(f"{self.endpoint}/_ministack/health"), timeout_s=_START_TIMEOUT_S)

    def stop(self) -> None:
        """Stop it; it writes its state first, where it keeps any."""
        self.process.stop()


def start(python: Path, *, port: int, state: Path, log: Path, persistent: bool) -> Emulator:
    """Start the emulator; it answers a second later.

    Args:
        python: what `install` returned.
        port: a free port.
        state: folder for its files.
        log: file that its output is appended to.
        persistent: whether what it holds is found again at the next start in the same folder.
    """
    endpoint = f"http://127.0.0.1:{port}"
    # What its functions unpacked the last time, nobody looks at again.
    scratch = state / "tmp"
    shutil.rmtree(scratch, ignore_errors=True)
    scratch.mkdir(parents=True, exist_ok=True)
    env = client_environment(endpoint) | {
        "GATEWAY_PORT": str(port),
        "BIND_HOST": "127.0.0.1",
        # Every function acts in its role's name and the worker in its own, and may do only what they are granted.
        "AUTH": "true",
        "MINISTACK_REGION": REGION,
        "MINISTACK_ACCOUNT_ID": ACCOUNT,
        "STATE_DIR": str(state / "state"),
        "S3_DATA_DIR": str(state / "s3"),
        "S3_PERSIST": str(int(persistent)),
        "PERSIST_STATE": str(int(persistent)),
        # Where it unpacks functions and layers: removed with the rest, whether it cleans up or is killed.
        "TMPDIR": str(scratch),
        "PYTHONUNBUFFERED": "1",
    }
    # Its functions must see the layers alone: what our own interpreter is told to import is none of theirs.
    env.pop("PYTHONPATH", None)
    return Emulator(LoggedProcess("AWS emulator", [str(python), "-m", "ministack"], env=env, log=log), port)
