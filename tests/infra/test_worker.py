"""What the worker stack's template promises: where workers run, what they may do, and how many there are."""

import json
import math
import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import boto3
import pytest

from anpr.adapters.aws.settings import BusSettings, JobQueueSettings
from anpr.settings import DatabaseSettings, QueueSettings, StorageSettings, UploadSettings
from gpu_worker.service.work import WorkerSettings
from gpu_worker.vision.settings import VisionSettings
from infra.environments import ENVIRONMENTS
from infra.scaling import ScalingPolicy, capacity, rungs
from tests.infra.conftest import Template, listed
from tests.infra.test_dockerfile import stages

CLUSTERS = ("dev", "prod")
POLICY = ENVIRONMENTS["prod"].scaling


@pytest.fixture(scope="session")
def workers(assemblies: dict[str, dict[str, Template]]) -> dict[str, Template]:
    return {name: assemblies[name]["worker"] for name in CLUSTERS}


@pytest.fixture
def prod(workers: dict[str, Template]) -> Template:
    return workers["prod"]


def only(template: Template, kind: str, part: str = "") -> dict[str, Any]:
    (found,) = [properties for name, properties in template.of_type(kind).items() if part in name]
    return found


def container(template: Template) -> dict[str, Any]:
    (found,) = only(template, "AWS::ECS::TaskDefinition")["ContainerDefinitions"]
    return dict(found)


def variables(template: Template) -> dict[str, Any]:
    return {one["Name"]: one["Value"] for one in container(template)["Environment"]}


@pytest.mark.parametrize("name", CLUSTERS)
def test_a_deployment_leaves_the_number_of_workers_alone(workers: dict[str, Template], name: str) -> None:
    services = workers[name].of_type("AWS::ECS::Service")

    assert len(services) == 2
    assert [service for service in services.values() if "DesiredCount" in service] == []
    # Nor are there ever more than are meant to be, while one version takes the place of another.
    for service in services.values():
        assert service["DeploymentConfiguration"]["MaximumPercent"] == 100
        assert service["DeploymentConfiguration"]["DeploymentCircuitBreaker"] == {"Enable": True, "Rollback": True}


@pytest.mark.parametrize("name", CLUSTERS)
def test_there_may_be_none_at_all(workers: dict[str, Template], name: str) -> None:
    targets = workers[name].of_type("AWS::ApplicationAutoScaling::ScalableTarget")

    assert {target["MinCapacity"] for target in targets.values()} == {0}
    policy = ENVIRONMENTS[name].scaling
    assert sorted(target["MaxCapacity"] for target in targets.values()) == sorted((policy.most, policy.most_fallback))
    for group in workers[name].of_type("AWS::AutoScaling::AutoScalingGroup").values():
        assert group["MinSize"] == "0"
        assert "DesiredCapacity" not in group


def test_spot_machines_are_spot_and_the_others_are_not(prod: Template) -> None:
    spot = only(prod, "AWS::AutoScaling::AutoScalingGroup", "Spot")["MixedInstancesPolicy"]
    on_demand = only(prod, "AWS::AutoScaling::AutoScalingGroup", "OnDemand")["MixedInstancesPolicy"]

    assert spot["InstancesDistribution"]["OnDemandPercentageAboveBaseCapacity"] == 0
    assert on_demand["InstancesDistribution"]["OnDemandPercentageAboveBaseCapacity"] == 100
    for policy in (spot, on_demand):
        types = [override["InstanceType"] for override in policy["LaunchTemplate"]["Overrides"]]
        assert tuple(types) == ENVIRONMENTS["prod"].worker_instances
        # One type alone would often not be had.
        assert len(types) >= 3
        assert all(re.match(r"g\d", kind) for kind in types)


def test_each_service_runs_on_its_own_machines(prod: Template) -> None:
    providers = prod.of_type("AWS::ECS::CapacityProvider")

    for service, machines in (("Spot", "SpotMachines"), ("Fallback", "OnDemandMachines")):
        (strategy,) = only(prod, "AWS::ECS::Service", service)["CapacityProviderStrategy"]
        provider = providers[strategy["CapacityProvider"]["Ref"]]["AutoScalingGroupProvider"]
        assert provider["AutoScalingGroupArn"]["Ref"].startswith(machines)
        # Only a machine on which nothing runs is ended.
        assert provider["ManagedScaling"]["Status"] == "ENABLED"
        assert provider["ManagedTerminationProtection"] == "ENABLED"
    for group in prod.of_type("AWS::AutoScaling::AutoScalingGroup").values():
        assert group["NewInstancesProtectedFromScaleIn"] is True


@pytest.mark.parametrize("name", CLUSTERS)
def test_a_service_is_made_after_its_capacity_and_removed_before(workers: dict[str, Template], name: str) -> None:
    (association,) = workers[name].of_type("AWS::ECS::ClusterCapacityProviderAssociations")

    for service in workers[name].of_type("AWS::ECS::Service"):
        assert association in workers[name].content["Resources"][service]["DependsOn"]


def test_no_service_waits_for_machines_that_the_account_may_not_start(workers: dict[str, Template]) -> None:
    (check,) = workers["prod"].of_type("Custom::GpuQuota")
    for service in workers["prod"].of_type("AWS::ECS::Service"):
        assert check in workers["prod"].content["Resources"][service]["DependsOn"]
    assert workers["dev"].of_type("Custom::GpuQuota") == {}
    assert len(only(workers["prod"], "AWS::Lambda::Function", "Quota")["Code"]["ZipFile"]) < 4096


def test_a_spot_machine_hands_its_job_back_at_the_notice(prod: Template) -> None:
    templates = prod.of_type("AWS::EC2::LaunchTemplate")
    starts = {name: json.dumps(made["LaunchTemplateData"]["UserData"]) for name, made in templates.items()}

    assert {name.split("Machines")[0] for name, text in starts.items() if "SPOT_INSTANCE_DRAINING=true" in text} == {
        "Spot"
    }
    # From the notice there are two minutes, and the worker needs ten seconds.
    assert 10 < container(prod)["StopTimeout"] < 120


def test_machines_cannot_be_reached_and_keep_their_rights_to_themselves(prod: Template) -> None:
    assert prod.of_type("AWS::EC2::SecurityGroup") == {}
    for made in prod.of_type("AWS::EC2::LaunchTemplate").values():
        data = made["LaunchTemplateData"]
        assert data["MetadataOptions"] == {"HttpTokens": "required", "HttpPutResponseHopLimit": 1}
        (interface,) = data["NetworkInterfaces"]
        assert interface["AssociatePublicIpAddress"] is True
        assert "DatabaseClients" in json.dumps(interface["Groups"])
        assert "KeyName" not in data
        (disk,) = data["BlockDeviceMappings"]
        assert disk["Ebs"]["Encrypted"] is True
    assert only(prod, "AWS::ECS::TaskDefinition")["NetworkMode"] == "bridge"


def test_the_network_lets_nothing_in_to_workers(assemblies: dict[str, dict[str, Template]]) -> None:
    network = assemblies["prod"]["network"]
    (name,) = [name for name in network.of_type("AWS::EC2::SecurityGroup") if "DatabaseClients" in name]

    assert "SecurityGroupIngress" not in network.of_type("AWS::EC2::SecurityGroup")[name]
    entries = [
        rule
        for stack in assemblies["prod"].values()
        for rule in stack.of_type("AWS::EC2::SecurityGroupIngress").values()
    ]
    assert [rule for rule in entries if "DatabaseClients" in json.dumps(rule["GroupId"])] == []


@pytest.mark.parametrize("name", CLUSTERS)
def test_a_worker_writes_to_one_folder_and_has_no_privileges(workers: dict[str, Template], name: str) -> None:
    worker = container(workers[name])

    assert worker["ReadonlyRootFilesystem"] is (ENVIRONMENTS[name].worker == "cpu")
    assert worker["LinuxParameters"]["Capabilities"] == {"Drop": ["ALL"]}
    (mount,) = worker["MountPoints"]
    assert stages("gpu")["worker"].of("VOLUME") == [json.dumps([mount["ContainerPath"]])]
    assert "Privileged" not in worker
    assert "User" not in worker


@pytest.mark.parametrize("name", CLUSTERS)
def test_ecs_checks_a_worker_as_the_dockerfile_says(workers: dict[str, Template], name: str) -> None:
    check = container(workers[name])["HealthCheck"]
    (said,) = stages("gpu")["worker"].of("HEALTHCHECK")

    assert said.endswith(f"CMD {check['Command'][1]}")
    for option, value in (("interval", "Interval"), ("timeout", "Timeout"), ("start-period", "StartPeriod")):
        assert f"--{option}={check[value]}s" in said
    assert f"--retries={check['Retries']}" in said


def test_a_gpu_worker_has_a_gpu_and_the_other_needs_none(workers: dict[str, Template]) -> None:
    assert container(workers["prod"])["ResourceRequirements"] == [{"Type": "GPU", "Value": "1"}]

    small = workers["dev"]
    assert "ResourceRequirements" not in container(small)
    assert only(small, "AWS::ECS::TaskDefinition")["RequiresCompatibilities"] == ["FARGATE"]
    providers = [
        strategy["CapacityProvider"]
        for service in small.of_type("AWS::ECS::Service").values()
        for strategy in service["CapacityProviderStrategy"]
    ]
    assert sorted(providers) == ["FARGATE", "FARGATE_SPOT"]
    assert small.of_type("AWS::AutoScaling::AutoScalingGroup") == {}
    for service in small.of_type("AWS::ECS::Service").values():
        network = service["NetworkConfiguration"]["AwsvpcConfiguration"]
        assert network["AssignPublicIp"] == "ENABLED"
        assert "DatabaseClients" in json.dumps(network["SecurityGroups"])


@pytest.mark.parametrize(("name", "kinds"), [("dev", ["cpu"]), ("prod", ["cpu", "gpu"])])
def test_the_images_are_built_from_this_repository_for_what_they_run_on(
    workers: dict[str, Template], name: str, kinds: list[str]
) -> None:
    """On plain processors, workers and the function that answers single pictures have the same one."""
    for source in workers[name].images:
        assert source["dockerFile"] == "gpu_worker/Dockerfile"
        assert source["platform"] == "linux/amd64"
    assert sorted(source["dockerBuildArgs"]["KIND"] for source in workers[name].images) == kinds


def test_a_worker_may_do_what_the_core_lets_workers_and_protect_itself(prod: Template) -> None:
    role = only(prod, "AWS::IAM::Role", "WorkerRole")
    (policy,) = role["ManagedPolicyArns"]
    assert "WorkerPolicy" in json.dumps(policy)
    granted = [statement for name, statement in prod.statements() if name.startswith("WorkerRole")]

    assert [listed(statement["Action"]) for statement in granted] == [
        ["ecs:GetTaskProtection", "ecs:UpdateTaskProtection"]
    ]
    assert granted[0]["Condition"] == {"ArnEquals": {"ecs:cluster": {"Fn::GetAtt": [_cluster(prod), "Arn"]}}}


@pytest.mark.parametrize("name", CLUSTERS)
def test_a_worker_can_be_set_up_by_what_it_is_given(
    workers: dict[str, Template], name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for variable in [variable for variable in os.environ if variable.startswith(("ANPR_", "AWS_"))]:
        monkeypatch.delenv(variable)
    made = stages(ENVIRONMENTS[name].worker)
    image = {**made[made["worker"].base].variables(), **made["worker"].variables()}
    given = {key: value if isinstance(value, str) else "known-later" for key, value in variables(workers[name]).items()}
    for variable, value in (image | given).items():
        if variable.startswith(("ANPR_", "AWS_")):
            monkeypatch.setenv(variable, value)

    # Each raises where something is missing or is not what it should be.
    QueueSettings(), JobQueueSettings(), StorageSettings(), BusSettings(), UploadSettings()
    worker, vision, database = WorkerSettings(), VisionSettings(), DatabaseSettings()

    assert worker.liveness_file == Path("/var/lib/anpr/alive")
    assert worker.metrics
    assert vision.device == {"gpu": "cuda", "cpu": "cpu"}[ENVIRONMENTS[name].worker]
    assert database.role == "anpr_app"
    assert boto3.session.Session().region_name == "known-later"
    assert [variable for variable in given if "PASSWORD" in variable or "KEY" in variable] == []


# The alarms' arithmetic, as CloudWatch does it, against the same in Python, by which docs/scaling.md is simulated.


@pytest.mark.parametrize("waiting", [0, 1, 2, 3, 4, 5, 8, 9, 17, 100])
@pytest.mark.parametrize("running", [0, 1, 3, 4, 7])
def test_the_alarm_wants_as_many_workers_as_the_simulation(prod: Template, waiting: int, running: int) -> None:
    for part in ("Work", "Rest"):
        alarm = only(prod, "AWS::CloudWatch::Alarm", f"Scaling{part}")
        # SQS says nothing of messages in flight while there are none.
        measured = {"waiting": waiting, "held": running or None}
        assert evaluate(alarm, measured) == POLICY.wanted(waiting, running)


@pytest.mark.parametrize("waiting", [0, 1, 6])
@pytest.mark.parametrize("running", [0, 2])
@pytest.mark.parametrize("oldest_s", [None, 60, 899, 900, 4000])
@pytest.mark.parametrize("machines", [None, 1, 2, 4])
def test_the_alarm_misses_as_many_workers_as_the_simulation(
    prod: Template, waiting: int, running: int, oldest_s: int | None, machines: int | None
) -> None:
    measured = {"waiting": waiting, "held": running or None, "oldest": oldest_s, "workers": machines}
    missing = POLICY.missing(waiting, running, workers=machines or 0)
    late = POLICY.late(waiting, running, oldest_s=oldest_s or 0, workers=machines or 0)

    assert evaluate(only(prod, "AWS::CloudWatch::Alarm", "ScalingEnough"), measured) == missing
    assert evaluate(only(prod, "AWS::CloudWatch::Alarm", "ScalingLate"), measured) == late


@pytest.mark.parametrize("service", ["Spot", "Fallback"])
def test_a_service_is_set_to_what_is_wanted(prod: Template, service: str) -> None:
    most = POLICY.most if service == "Spot" else POLICY.most_fallback
    alarm = only(prod, "AWS::CloudWatch::Alarm", "ScalingWork" if service == "Spot" else "ScalingLate")
    policy = only(prod, "AWS::ApplicationAutoScaling::ScalingPolicy", f"Scaling{service}Work")

    steps = policy["StepScalingPolicyConfiguration"]
    assert steps["AdjustmentType"] == "ExactCapacity"
    assert alarm["ComparisonOperator"] == "GreaterThanOrEqualToThreshold"
    for wanted in range(1, most + 4):
        breach = wanted - alarm["Threshold"]
        assert breach >= 0
        (count,) = [
            step["ScalingAdjustment"]
            for step in steps["StepAdjustments"]
            if step["MetricIntervalLowerBound"] <= breach < step.get("MetricIntervalUpperBound", math.inf)
        ]
        assert count == capacity(wanted, most)


@pytest.mark.parametrize(("service", "alarm"), [("Spot", "Rest"), ("Fallback", "Enough")])
def test_a_service_rests_after_a_while_without_work(prod: Template, service: str, alarm: str) -> None:
    made = only(prod, "AWS::CloudWatch::Alarm", f"Scaling{alarm}")
    policy = only(prod, "AWS::ApplicationAutoScaling::ScalingPolicy", f"Scaling{service}Rest")

    assert (made["ComparisonOperator"], made["Threshold"]) == ("LessThanThreshold", 0.5)
    minutes = POLICY.rest_minutes if service == "Spot" else POLICY.stay_minutes
    assert made["DatapointsToAlarm"] == minutes
    # ECS tells of a worker up to two minutes after SQS tells of its message.
    assert made["EvaluationPeriods"] == minutes + (0 if service == "Spot" else 2)
    assert policy["StepScalingPolicyConfiguration"]["StepAdjustments"] == [
        {"MetricIntervalUpperBound": 0, "ScalingAdjustment": 0}
    ]


def test_nothing_is_done_about_what_is_not_known(prod: Template) -> None:
    alarms = prod.of_type("AWS::CloudWatch::Alarm").values()

    # It would make up the newest minute, which has no data yet, and no alarm would ever see another.
    assert "FILL" not in json.dumps([alarm["Metrics"] for alarm in alarms])
    assert {alarm["TreatMissingData"] for alarm in alarms} == {"notBreaching"}


@pytest.mark.parametrize("name", CLUSTERS)
def test_the_queue_is_called_often_enough_to_be_reported_on(workers: dict[str, Template], name: str) -> None:
    schedule = only(workers[name], "AWS::Scheduler::Schedule")
    every = re.fullmatch(r"rate\((\d) hours\)", schedule["ScheduleExpression"])
    assert every
    assert int(every[1]) < 6
    granted = [statement for policy, statement in workers[name].statements() if policy.startswith("Awake")]
    granted += [statement for policy, statement in workers[name].statements() if "Scheduler" in policy]
    # It may do this to the queue and nothing else, and the tag that it removes is none of ours.
    assert [listed(statement["Action"]) for statement in granted] == [["sqs:UntagQueue"]]
    assert "anpr:no-such-tag" in json.dumps(schedule["Target"]["Input"])


@pytest.mark.parametrize("most", [1, 2, 7, 20, 21, 64, 500])
def test_the_rungs_are_few_and_lead_to_the_top(most: int) -> None:
    found = rungs(most)

    assert len(found) <= 20
    assert list(found) == sorted(set(found))
    assert (found[0], found[-1]) == (math.ceil(most / len(found)), most)


@pytest.mark.parametrize("wrong", ["most", "most_fallback", "jobs_per_worker", "patience_minutes", "rest_minutes"])
def test_a_policy_that_would_never_scale_is_refused(wrong: str) -> None:
    numbers = {"most": 4, "most_fallback": 2, wrong: 0}

    with pytest.raises(ValueError, match=f"{wrong} must be 1 or more"):
        ScalingPolicy(**numbers)


def evaluate(alarm: Mapping[str, Any], measured: Mapping[str, float | None]) -> float:
    """An alarm's value for one minute's measurements; None is a metric that says nothing in that minute.

    What one lacks counts as 0 beside what another has, in arithmetic and in comparisons: so CloudWatch's guide on
    metric math says.
    """
    by_id = {part["Id"]: part for part in alarm["Metrics"]}

    def value(name: str) -> float:
        part = by_id[name]
        if "Expression" not in part:
            return measured[name] or 0
        names = {other: value(other) for other in by_id if re.search(rf"\b{other}\b", part["Expression"])}
        known: dict[str, object] = {"IF": _if, "CEIL": math.ceil}
        text = part["Expression"].replace(" AND ", " and ")
        return float(eval(text, {"__builtins__": {}}, {**known, **names}))  # noqa: S307 - this repository's own template

    (result,) = [part["Id"] for part in alarm["Metrics"] if part.get("ReturnData", True)]
    return value(result)


def _if(condition: bool, then: float, otherwise: float) -> float:
    return then if condition else otherwise


def _cluster(template: Template) -> str:
    (name,) = template.of_type("AWS::ECS::Cluster")
    return name
