import json

import pytest

from anpr.messages import Metric
from functions.api.aws.telemetry import make_telemetry


def test_what_was_counted_is_written_once_as_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    telemetry = make_telemetry("test")
    telemetry.flush()
    assert capsys.readouterr().out == ""

    telemetry.count(Metric.LOGINS)
    telemetry.count(Metric.LOGINS, 2)
    telemetry.flush()
    telemetry.flush()

    (line,) = capsys.readouterr().out.splitlines()
    written = json.loads(line)
    assert written["anpr_logins_total"] == [1, 2]
    assert written["_aws"]["CloudWatchMetrics"][0]["Namespace"] == "ANPR"


def test_metrics_that_are_switched_off_are_forgotten(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("POWERTOOLS_METRICS_DISABLED", "true")
    telemetry = make_telemetry("test")
    # Powertools writes what was counted a hundred times, switched off or not.
    for _ in range(150):
        telemetry.count(Metric.LOGINS)
        telemetry.flush()
    assert capsys.readouterr().out == ""
