"""What is watched, who is told, and whether there is a page that says what to do then."""

import json
import re
from collections.abc import Iterator
from typing import Any, Final

import pytest

from anpr.messages import METRICS_NAMESPACE, Metric
from functions.bolo_notifier import handler as notifier
from gpu_worker.service import figures
from infra.environments import ENVIRONMENTS, PROD
from infra.packaging import ROOT
from tests.infra.conftest import Template
from tests.markdown import anchor, anchors

_RUNBOOKS: Final = (ROOT / "docs" / "runbooks.md").read_text()
_FREE_METRICS: Final = 50
"""A dashboard with more of them is paid for."""


@pytest.fixture
def monitoring(assemblies: dict[str, dict[str, Template]]) -> Template:
    return assemblies["prod"]["monitoring"]


def alarms(template: Template) -> dict[str, dict[str, Any]]:
    return {part["AlarmName"]: part for part in template.of_type("AWS::CloudWatch::Alarm").values()}


def metrics_of(alarm: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """What an alarm reads."""
    if "MetricName" in alarm:
        yield alarm
    for part in alarm.get("Metrics", []):
        if "MetricStat" in part:
            yield part["MetricStat"]["Metric"]


def widgets(template: Template) -> list[dict[str, Any]]:
    """What a dashboard shows, with whatever is known at deployment only left out."""
    (dashboard,) = template.of_type("AWS::CloudWatch::Dashboard").values()
    body = dashboard["DashboardBody"]["Fn::Join"][1]
    found: list[dict[str, Any]] = json.loads("".join(part if isinstance(part, str) else "token" for part in body))[
        "widgets"
    ]
    return found


def shown(template: Template) -> list[list[Any]]:
    """Each metric of each graph, as the dashboard's language writes it: namespace, name, dimensions, options."""
    return [
        metric
        for widget in widgets(template)
        for metric in widget["properties"].get("metrics", [])
        if isinstance(metric[0], str)
    ]


def test_every_alarm_links_to_its_own_section_of_the_runbooks(monitoring: Template) -> None:
    links = {
        name: re.search(rf"{re.escape(PROD.runbooks)}#([\w-]+)$", alarm["AlarmDescription"])
        for name, alarm in alarms(monitoring).items()
    }

    linked = {name: link[1] for name, link in links.items() if link}
    assert linked == {name: name.removeprefix("anpr-prod-") for name in links}
    assert set(linked.values()) <= anchors(_RUNBOOKS)


def test_every_runbook_of_an_alarm_says_what_it_means_and_what_to_do(monitoring: Template) -> None:
    sections = re.split(r"^## ", _RUNBOOKS, flags=re.MULTILINE)[1:]
    by_anchor = {anchor(section.splitlines()[0]): section for section in sections}

    for name in alarms(monitoring):
        section = by_anchor[name.removeprefix("anpr-prod-")]
        assert "**Means**" in section, name
        assert "**Do**" in section, name


def test_alarms_and_their_ends_are_told_and_the_topic_lets_them_in(monitoring: Template) -> None:
    (topic,) = monitoring.of_type("AWS::SNS::Topic")
    for alarm in alarms(monitoring).values():
        assert alarm["AlarmActions"] == alarm["OKActions"] == [{"Ref": topic}]
        assert alarm["TreatMissingData"] == "notBreaching"
    (policy,) = monitoring.of_type("AWS::SNS::TopicPolicy").values()
    statements = {statement["Effect"]: statement for statement in policy["PolicyDocument"]["Statement"]}
    assert statements["Allow"]["Principal"] == {"Service": "cloudwatch.amazonaws.com"}
    assert statements["Allow"]["Condition"] == {"StringEquals": {"aws:SourceAccount": {"Ref": "AWS::AccountId"}}}
    assert statements["Deny"]["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}
    # Alarms may not use the key that AWS manages.
    assert "KmsMasterKeyId" not in monitoring.of_type("AWS::SNS::Topic")[topic]


@pytest.mark.parametrize("name", ["dev", "prod"])
def test_somebody_is_told(assemblies: dict[str, dict[str, Template]], name: str) -> None:
    (subscription,) = assemblies[name]["monitoring"].of_type("AWS::SNS::Subscription").values()
    environment = ENVIRONMENTS[name]

    assert subscription["Protocol"] == "email"
    assert subscription["Endpoint"] == (environment.alarm_email or environment.admin_email)


def test_every_queue_of_dead_letters_is_watched(
    monitoring: Template, assemblies: dict[str, dict[str, Template]]
) -> None:
    dead = {name for name in assemblies["prod"]["core"].of_type("AWS::SQS::Queue") if "DeadLetters" in name}
    watched = {
        re.sub(r".*FnGetAtt(\w+?)QueueName.*", r"\1", dimension["Value"]["Fn::ImportValue"])
        for alarm in alarms(monitoring).values()
        for metric in metrics_of(alarm)
        for dimension in metric.get("Dimensions", [])
        if dimension["Name"] == "QueueName" and alarm["AlarmName"].startswith("anpr-prod-dead-")
    }

    assert len(dead) >= 3
    assert watched == dead


def test_no_alarm_reads_more_metrics_than_one_may(monitoring: Template) -> None:
    for name, alarm in alarms(monitoring).items():
        assert 0 < len(list(metrics_of(alarm))) <= 10, name


def test_what_is_read_of_our_own_is_what_the_code_counts(monitoring: Template) -> None:
    read = {
        metric["MetricName"]
        for alarm in alarms(monitoring).values()
        for metric in metrics_of(alarm)
        if metric["Namespace"] == METRICS_NAMESPACE
    }
    on_the_page = {metric[1] for metric in shown(monitoring) if metric[0] == METRICS_NAMESPACE}

    # Of `/metrics` alone; among the 5xx; and in the audit log, each by itself.
    elsewhere = {Metric.QUEUE_SIZE, Metric.OUTBOX_SET_ASIDE, Metric.UNEXPECTED_ERRORS}
    elsewhere |= {Metric.LOGINS, Metric.LOGINS_REFUSED, Metric.PLATE_SEARCHES}
    assert read | on_the_page == set(Metric) - elsewhere


def test_it_is_read_of_the_service_that_counts_it(monitoring: Template) -> None:
    own = [metric for metric in shown(monitoring) if metric[0] == METRICS_NAMESPACE]

    services = {metric[1]: tuple(metric[2:4]) for metric in own}
    told = {Metric.HITS, Metric.NOTIFICATION_TIME}
    assert {services[name] for name in services.keys() - told} == {("service", figures.SERVICE)}
    assert {services[name] for name in told} == {("service", notifier.logger.service)}


def test_the_dashboard_shows_what_an_operator_looks_for_and_costs_nothing(monitoring: Template) -> None:
    titles = {widget["properties"]["title"] for widget in widgets(monitoring)}
    names = {metric[1] for metric in shown(monitoring)}

    assert names >= {
        "ApproximateAgeOfOldestMessage",
        "ApproximateNumberOfMessagesVisible",
        "Latency",
        "5xx",
        "Errors",
        "Throttles",
        "ServerlessDatabaseCapacity",
        "BucketSizeBytes",
        "CPUUtilization",
        Metric.GPU_BUSY,
        Metric.FRAMES,
        Metric.HITS,
        Metric.NOTIFICATION_TIME,
    }
    assert {title for title in titles if title.startswith("Cost: ")} >= {"Cost: workers", "Cost: database"}
    assert len(shown(monitoring)) <= _FREE_METRICS


def test_the_one_machine_run_has_no_monitoring(assemblies: dict[str, dict[str, Template]]) -> None:
    assert list(assemblies["local"]) == ["core"]
