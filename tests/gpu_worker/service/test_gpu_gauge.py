import sys
import threading
from collections.abc import Mapping

import pytest

from anpr.messages import Metric
from gpu_worker.service import gpu_gauge
from gpu_worker.service.gpu_gauge import GaugeError, read_gauge, watch_gpu


def printing(text: str, *, status: int = 0) -> tuple[str, ...]:
    return (sys.executable, "-c", f"print({text!r}); raise SystemExit({status})")


def test_the_busiest_gpu_is_what_counts() -> None:
    assert read_gauge(printing("12, 512, 16384\n87, 4096, 16384\n")) == {
        Metric.GPU_BUSY: 87.0,
        Metric.GPU_MEMORY: 25.0,
    }


@pytest.mark.parametrize(
    "command",
    [
        ("/no/such/tool",),
        printing("87, 4096, 16384", status=9),
        printing(""),
        printing("[N/A], [N/A], [N/A]"),
        printing("87, 4096"),
    ],
)
def test_a_tool_that_makes_no_sense_is_an_error_of_our_own(command: tuple[str, ...]) -> None:
    with pytest.raises(GaugeError):
        read_gauge(command)


def test_the_gauge_is_read_again_and_again_until_it_cannot_be(monkeypatch: pytest.MonkeyPatch) -> None:
    answers = iter([{Metric.GPU_BUSY: 10.0}, {Metric.GPU_BUSY: 20.0}])
    seen: list[Mapping[Metric, float]] = []

    def read() -> Mapping[Metric, float]:
        try:
            return next(answers)
        except StopIteration:
            raise GaugeError("gone") from None

    monkeypatch.setattr(gpu_gauge, "read_gauge", read)
    thread = watch_gpu(seen.append, threading.Event(), every_s=0.001)
    thread.join(10)

    assert not thread.is_alive()
    assert seen == [{Metric.GPU_BUSY: 10.0}, {Metric.GPU_BUSY: 20.0}]
