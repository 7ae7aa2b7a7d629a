import json

import pytest

from anpr.messages import METRICS_NAMESPACE, Metric
from gpu_worker.service.figures import write_figures


def test_figures_are_one_line_that_cloudwatch_makes_metrics_of(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    # Whatever a deployment calls the process: alarms know the metrics by these names.
    monkeypatch.setenv("POWERTOOLS_SERVICE_NAME", "another")
    monkeypatch.setenv("POWERTOOLS_METRICS_NAMESPACE", "another")

    write_figures({Metric.JOBS_PROCESSED: 1, Metric.JOB_TIME: 2.5, Metric.GPU_BUSY: 40.0})

    (line,) = capsys.readouterr().out.splitlines()
    written = json.loads(line)
    (directive,) = written["_aws"]["CloudWatchMetrics"]
    assert (directive["Namespace"], directive["Dimensions"]) == (METRICS_NAMESPACE, [["service"]])
    assert {metric["Name"]: metric["Unit"] for metric in directive["Metrics"]} == {
        "anpr_jobs_processed_total": "Count",
        "anpr_job_seconds": "Seconds",
        "anpr_gpu_busy_percent": "Percent",
    }
    assert (written["service"], written["anpr_job_seconds"]) == ("gpu_worker", [2.5])


@pytest.mark.parametrize("metric", Metric)
def test_every_metric_has_a_unit(metric: Metric, capsys: pytest.CaptureFixture[str]) -> None:
    write_figures({metric: 1})

    assert metric.value in capsys.readouterr().out
