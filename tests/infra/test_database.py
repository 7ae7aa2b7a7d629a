"""The database as CloudFormation gets it: it pauses, it is kept, and only the network's clients reach it."""

from typing import Any

import pytest

from infra.environments import DEV, ENVIRONMENTS, PROD
from tests.infra.conftest import Template


@pytest.fixture
def stacks(assemblies: dict[str, dict[str, Template]]) -> dict[str, Template]:
    return {name: assemblies[name]["database"] for name in ("dev", "prod")}


def cluster(template: Template) -> dict[str, Any]:
    [found] = template.of_type("AWS::RDS::DBCluster").values()
    return found


def parameters(template: Template) -> dict[str, str]:
    [group] = template.of_type("AWS::RDS::DBClusterParameterGroup").values()
    found: dict[str, str] = group["Parameters"]
    return found


@pytest.mark.parametrize("name", ["dev", "prod"])
def test_it_pauses_when_nobody_uses_it(stacks: dict[str, Template], name: str) -> None:
    environment = ENVIRONMENTS[name]
    scaling = cluster(stacks[name])["ServerlessV2ScalingConfiguration"]

    assert scaling == {
        "MinCapacity": 0,
        "MaxCapacity": environment.database_max_acus,
        "SecondsUntilAutoPause": environment.database_pause_minutes * 60,
    }
    # From these on, Aurora PostgreSQL can.
    version = tuple(int(part) for part in cluster(stacks[name])["EngineVersion"].split("."))
    assert version >= {16: (16, 3), 17: (17, 4)}[version[0]]
    assert not stacks[name].types & {"AWS::RDS::DBProxy", "AWS::RDS::GlobalCluster"}


@pytest.mark.parametrize("name", ["dev", "prod"])
def test_a_frozen_functions_connection_does_not_keep_it_awake(stacks: dict[str, Template], name: str) -> None:
    idle_ms = int(parameters(stacks[name])["idle_session_timeout"])

    assert 60_000 <= idle_ms < cluster(stacks[name])["ServerlessV2ScalingConfiguration"]["SecondsUntilAutoPause"] * 1000
    assert 0 < int(parameters(stacks[name])["idle_in_transaction_session_timeout"]) <= idle_ms


@pytest.mark.parametrize("name", ["dev", "prod"])
def test_logins_are_by_iam_or_by_a_password_that_rds_replaces_and_always_by_tls(
    stacks: dict[str, Template], name: str
) -> None:
    found = cluster(stacks[name])

    assert found["EnableIAMDatabaseAuthentication"] is True
    assert found["ManageMasterUserPassword"] is True
    assert "MasterUserPassword" not in found
    assert found["StorageEncrypted"] is True
    assert parameters(stacks[name])["rds.force_ssl"] == "1"


def test_production_is_kept_and_can_be_restored(stacks: dict[str, Template]) -> None:
    found = cluster(stacks["prod"])
    resources = stacks["prod"].content["Resources"].values()
    policies = {one["Type"]: one.get("DeletionPolicy") for one in resources}

    assert found["DeletionProtection"] is True
    assert found["BackupRetentionPeriod"] == PROD.database_backup_days >= 7
    assert found["CopyTagsToSnapshot"] is True
    assert policies["AWS::RDS::DBCluster"] == "Snapshot"


def test_what_is_for_trying_things_out_goes_when_it_is_torn_down(stacks: dict[str, Template]) -> None:
    found = cluster(stacks["dev"])

    assert found["DeletionProtection"] is False
    assert found["BackupRetentionPeriod"] == DEV.database_backup_days
    [policy] = [
        one["DeletionPolicy"]
        for one in stacks["dev"].content["Resources"].values()
        if one["Type"] == "AWS::RDS::DBCluster"
    ]
    assert policy == "Delete"


@pytest.mark.parametrize("name", ["dev", "prod"])
def test_only_the_networks_clients_reach_it(stacks: dict[str, Template], name: str) -> None:
    [rule] = stacks[name].of_type("AWS::EC2::SecurityGroupIngress").values()
    [instance] = stacks[name].of_type("AWS::RDS::DBInstance").values()
    [group] = stacks[name].of_type("AWS::EC2::SecurityGroup").values()

    assert (rule["FromPort"], rule["ToPort"], rule["IpProtocol"]) == (5432, 5432, "tcp")
    assert "DatabaseClients" in str(rule["SourceSecurityGroupId"])
    assert instance["PubliclyAccessible"] is False
    assert instance["DBInstanceClass"] == "db.serverless"
    # A group without a rule is given one by the CDK that leads nowhere.
    assert [one["CidrIp"] for one in group["SecurityGroupEgress"]] == ["255.255.255.255/32"]
    [subnets] = stacks[name].of_type("AWS::RDS::DBSubnetGroup").values()
    assert all("Database" in str(one) for one in subnets["SubnetIds"])


@pytest.mark.parametrize("name", ["dev", "prod"])
def test_its_certificate_is_signed_by_an_authority_that_clients_carry(stacks: dict[str, Template], name: str) -> None:
    [instance] = stacks[name].of_type("AWS::RDS::DBInstance").values()

    assert instance["CACertificateIdentifier"] == "rds-ca-rsa2048-g1"
