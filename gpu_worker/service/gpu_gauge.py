"""How busy the GPU is, as its driver's own tool tells it."""

import subprocess
import threading
from typing import Final

from anpr.messages import Metric
from gpu_worker.service.figures import Report
from gpu_worker.service.logs import logger

COMMAND: Final = (
    "nvidia-smi",
    "--query-gpu=utilization.gpu,memory.used,memory.total",
    "--format=csv,noheader,nounits",
)
"""The container toolkit puts it into every container that is given a GPU."""

_TIMEOUT_S: Final = 10


class GaugeError(RuntimeError):
    """The GPU could not be asked; the text says why."""


def read_gauge(command: tuple[str, ...] = COMMAND) -> dict[Metric, float]:
    """Ask how busy the GPUs of this machine are.

    Args:
        command: prints a line for each GPU: per cent of the last second that it was busy, memory used and total in MiB.

    Returns:
        The busiest GPU's figures, in per cent.

    Raises:
        GaugeError: there is no such tool, or no sense in its answer.
    """
    try:
        done = subprocess.run(  # noqa: S603 - a fixed command
            command, capture_output=True, text=True, stdin=subprocess.DEVNULL, timeout=_TIMEOUT_S, check=True
        )
        rows = [[float(part) for part in line.split(",")] for line in done.stdout.splitlines() if line.strip()]
        busy, used, total = max(rows)
    except (OSError, subprocess.SubprocessError, ValueError) as error:
        raise GaugeError(f"{command[0]} does not say how busy the GPU is: {error!r}") from error
    return {Metric.GPU_BUSY: busy, Metric.GPU_MEMORY: round(100 * used / total, 1)}


def watch_gpu(report: Report, stop: threading.Event, *, every_s: float = 60) -> threading.Thread:
    """Report the gauge now and then, from a thread of its own, until told to stop or until it cannot be read.

    Args:
        report: takes the figures.
        stop: ends it.
        every_s: seconds between two readings; a reading is of one second, so a job is seen by many of them.

    Returns:
        The thread, which runs already.
    """

    def watch() -> None:
        while not stop.wait(every_s):
            try:
                report(read_gauge())
            except GaugeError as error:
                logger.warning("the GPU is not watched any more", reason=str(error))
                return

    thread = threading.Thread(target=watch, name="gpu gauge", daemon=True)
    thread.start()
    return thread
