"""What stands there whether or not video comes, and is paid for by the month."""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

_MINUTES_A_MONTH: Final = 730 * 60


@dataclass(frozen=True, slots=True)
class Installed:
    """Counts of one environment's resources; a test compares those below with the stacks.

    Attributes:
        secrets: in Secrets Manager, the database's own among them.
        keys: of KMS that are the customer's own.
        alarm_metrics: metrics that alarms look at; an alarm on an expression looks at several.
        dashboards: of CloudWatch.
        snapshot_gb: memory of the functions that start from snapshots.
        runs_a_month: what schedules start.
        gateways: NAT gateways, and interface endpoints by zone, which all cost by the hour.
    """

    secrets: int
    keys: int
    alarm_metrics: int
    dashboards: int
    snapshot_gb: float
    runs_a_month: int
    gateways: int

    @classmethod
    def counted(cls, templates: Iterable[Mapping[str, Any]]) -> "Installed":
        """Count what stands in the CloudFormation templates of an environment."""
        resources = [part for template in templates for part in template["Resources"].values()]

        def of(kind: str) -> Iterator[Mapping[str, Any]]:
            return (part["Properties"] for part in resources if part["Type"] == kind)

        return cls(
            secrets=len(list(of("AWS::SecretsManager::Secret")))
            + sum(bool(cluster.get("ManageMasterUserPassword")) for cluster in of("AWS::RDS::DBCluster")),
            keys=len(list(of("AWS::KMS::Key"))),
            alarm_metrics=sum(_metrics(alarm) for alarm in of("AWS::CloudWatch::Alarm")),
            dashboards=len(list(of("AWS::CloudWatch::Dashboard"))),
            snapshot_gb=round(
                sum(made["MemorySize"] for made in of("AWS::Lambda::Function") if "SnapStart" in made) / 1024, 2
            ),
            runs_a_month=sum(_runs(rule) for rule in of("AWS::Events::Rule")),
            gateways=len(list(of("AWS::EC2::NatGateway")))
            + sum(
                len(endpoint["SubnetIds"])
                for endpoint in of("AWS::EC2::VPCEndpoint")
                if endpoint.get("VpcEndpointType") == "Interface"
            ),
        )


PROD: Final = Installed(
    secrets=5, keys=1, alarm_metrics=43, dashboards=1, snapshot_gb=6.23, runs_a_month=43_800, gateways=0
)
DEV: Final = replace(PROD, keys=0, alarm_metrics=44, snapshot_gb=0)


def _metrics(alarm: Mapping[str, Any]) -> int:
    return 1 if "MetricName" in alarm else sum("MetricStat" in part for part in alarm["Metrics"])


def _runs(rule: Mapping[str, Any]) -> int:
    rate = re.fullmatch(r"rate\((\d+) (minute|hour|day)s?\)", rule.get("ScheduleExpression", ""))
    if rate is None:
        return 0
    minutes = int(rate[1]) * {"minute": 1, "hour": 60, "day": 1440}[rate[2]]
    return _MINUTES_A_MONTH // minutes * len(rule["Targets"])
