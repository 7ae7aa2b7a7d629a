"""The network as CloudFormation gets it: what reaches what, and that nothing in it costs while nothing runs."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from infra.environments import DEV
from infra.packaging import Bundles
from tests.infra.conftest import Template


@pytest.fixture(params=["dev", "prod"])
def network(request: pytest.FixtureRequest, assemblies: dict[str, dict[str, Template]]) -> Template:
    return assemblies[request.param]["network"]


def subnets(template: Template, kind: str) -> list[str]:
    return [name for name in template.of_type("AWS::EC2::Subnet") if kind in name]


def routes(template: Template, kind: str) -> set[tuple[str, str]]:
    """Where the route tables of a kind of subnets lead, and by what."""
    found = set()
    for route in template.of_type("AWS::EC2::Route").values():
        if kind in route["RouteTableId"]["Ref"]:
            where = route.get("DestinationCidrBlock") or route["DestinationIpv6CidrBlock"]
            by = next(name for name in route if name.endswith(("GatewayId", "InternetGatewayId")))
            found.add((where, by))
    return found


def test_nothing_is_paid_for_by_the_hour(network: Template) -> None:
    assert network.types.isdisjoint({"AWS::EC2::NatGateway", "AWS::EC2::EIP"})
    kinds = {endpoint["VpcEndpointType"] for endpoint in network.of_type("AWS::EC2::VPCEndpoint").values()}
    assert kinds == {"Gateway"}


@pytest.mark.parametrize("kind", ["Workers", "Functions", "Database"])
def test_everything_is_in_two_zones(network: Template, kind: str) -> None:
    zones = [str(network.of_type("AWS::EC2::Subnet")[name]["AvailabilityZone"]) for name in subnets(network, kind)]

    assert len(zones) == len(set(zones)) == 2


def test_workers_have_the_internet_functions_the_way_out_by_ipv6_and_the_database_nothing(network: Template) -> None:
    assert routes(network, "Workers") == {("0.0.0.0/0", "GatewayId"), ("::/0", "GatewayId")}
    assert routes(network, "Functions") == {("::/0", "EgressOnlyInternetGatewayId")}
    assert routes(network, "Database") == set()


def test_functions_and_workers_reach_s3_without_the_internet(network: Template) -> None:
    [endpoint] = network.of_type("AWS::EC2::VPCEndpoint").values()
    tables = {table["Ref"] for table in endpoint["RouteTableIds"]}

    assert "s3" in str(endpoint["ServiceName"])
    assert len(tables) == 4
    assert not any("Database" in table for table in tables)


def test_nobody_is_let_in_and_only_tls_and_the_database_are_called(network: Template) -> None:
    [group] = network.of_type("AWS::EC2::SecurityGroup").values()

    assert "SecurityGroupIngress" not in group
    allowed: list[dict[str, Any]] = group["SecurityGroupEgress"]
    assert {(rule["FromPort"], rule["ToPort"], rule["IpProtocol"]) for rule in allowed} == {
        (443, 443, "tcp"),
        (5432, 5432, "tcp"),
    }
    [database] = [rule for rule in allowed if rule["FromPort"] == 5432]
    assert "CidrBlock" in str(database["CidrIp"])
    assert network.of_type("AWS::EC2::SecurityGroupIngress") == {}


def test_what_was_refused_is_on_record_for_a_while(network: Template) -> None:
    [record] = network.of_type("AWS::EC2::FlowLog").values()
    [log] = network.of_type("AWS::Logs::LogGroup").values()

    assert record["TrafficType"] == "REJECT"
    assert log["RetentionInDays"] == 30


def test_endpoints_take_the_place_of_ipv6_where_that_is_asked_for(
    stub: Bundles, tmp_path: Path, assemblies: dict[str, dict[str, Template]]
) -> None:
    from infra.build import build, new_app  # noqa: PLC0415

    app = new_app(outdir=str(tmp_path))
    made = build(app, replace(DEV, name="inside", way_out="endpoints"), stub)
    assembly = app.synth()
    assert made.network is not None
    network = Template(dict(assembly.get_stack_by_name(made.network.stack_name).template))
    core = Template(dict(assembly.get_stack_by_name(made.core.stack_name).template))

    endpoints = [e for e in network.of_type("AWS::EC2::VPCEndpoint").values() if e["VpcEndpointType"] == "Interface"]
    services = {str(endpoint["ServiceName"]).rpartition(".")[2].strip("'}]") for endpoint in endpoints}
    assert services == {"secretsmanager", "sqs", "sns", "events", "lambda"}
    assert all(endpoint["PrivateDnsEnabled"] and len(endpoint["SubnetIds"]) == 2 for endpoint in endpoints)
    rules = network.of_type("AWS::EC2::SecurityGroupIngress").values()
    assert {(rule["FromPort"], "DatabaseClients" in str(rule["SourceSecurityGroupId"])) for rule in rules} == {
        (443, True)
    }

    def ipv6(template: Template) -> set[str]:
        functions = template.of_type("AWS::Lambda::Function").values()
        return {f["Environment"]["Variables"].get("ANPR_IPV6", "unset") for f in functions if "Environment" in f}

    assert ipv6(core) == {"false", "unset"}
    assert ipv6(assemblies["dev"]["core"]) == {"true", "unset"}
