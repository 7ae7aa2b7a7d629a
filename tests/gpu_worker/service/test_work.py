"""How the worker starts, or says why it does not. That it works is shown end to end."""

import os
import subprocess
import sys

import pytest

SETTINGS = {
    "ANPR_DB_URL": "postgresql://anpr@127.0.0.1:1/anpr",
    "ANPR_S3_BUCKET": "footage",
    "ANPR_QUEUE_URL": "http://127.0.0.1:1/queue",
    "ANPR_QUEUE_DEAD_LETTER_URL": "http://127.0.0.1:1/dead",
    "ANPR_BUS_NAME": "anpr",
}


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"ANPR_VISION_DEVICE": "cuda"}, "Device 'cuda' was asked for"),
        ({"ANPR_VISION_DETECTOR_WEIGHTS": "/nowhere/plates.onnx"}, "does not exist"),
        ({"ANPR_VISION_DETECTOR_SHA256": "0" * 64}, "has sha256"),
        ({"ANPR_QUEUE_URL": None}, "ANPR_QUEUE_URL"),
        ({"AWS_DEFAULT_REGION": None, "AWS_REGION": None}, "AWS_DEFAULT_REGION"),
        ({"ANPR_REDIS_URL": "redis://127.0.0.1:1"}, "ANPR_REDIS_URL"),
        ({"ANPR_QUEUE_VISIBILITY_S": "1"}, "ANPR_QUEUE_VISIBILITY_S"),
    ],
)
def test_a_worker_that_is_set_up_wrongly_says_so_and_does_not_start(
    changes: dict[str, str | None], reason: str
) -> None:
    env = {name: value for name, value in (os.environ | SETTINGS | changes).items() if value is not None}

    done = subprocess.run(
        [sys.executable, "-m", "gpu_worker", "work"], env=env, capture_output=True, text=True, timeout=120, check=False
    )

    assert done.returncode == 1
    assert reason in done.stdout
    assert "worker started" not in done.stdout
    assert "Traceback" not in done.stderr
