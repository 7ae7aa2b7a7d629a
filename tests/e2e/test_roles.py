"""Each role, in its own name: what it needs is let through, and everything else is refused.

The emulator enforces policies as AWS does, so these are the roles of the deployed stack at work, where the tests of the
template look at what is written.
"""

import re
from collections.abc import Iterator
from functools import cache
from typing import Any, Final

import boto3
import pytest

from anpr.adapters.aws.settings import AlertSettings
from anpr.adapters.aws.sns import SnsNotifier
from infra.local.emulator import REGION
from infra.local.site import STACK, Site
from tests.e2e.probes import FORBIDDEN, OPENED, TOPICS, Clients, Names, probes, refused
from tests.permissions import EVERY_FUNCTION, MAY, WORKER_MAY

pytestmark = [pytest.mark.timeout(300), pytest.mark.only("aws", reason="roles are IAM's, which is AWS's")]

# On one machine traces are off, and the emulator itself writes the functions' logs.
_NOT_GRANTED_HERE: Final = re.compile(r"(xray|logs):")


@pytest.fixture(scope="module")
def resources(site: Site) -> dict[str, str]:
    """Physical identifiers by "type name"; the name is the logical identifier less its hash."""
    pages = site.cloud.client("cloudformation").get_paginator("list_stack_resources").paginate(StackName=STACK)
    return {
        f"{part['ResourceType']} {re.sub('[0-9A-F]{8}$', '', part['LogicalResourceId'])}": part["PhysicalResourceId"]
        for page in pages
        for part in page["StackResourceSummaries"]
    }


@pytest.fixture(scope="module")
def names(site: Site, resources: dict[str, str]) -> Names:
    def of(kind: str, suffix: str = "") -> dict[str, str]:
        """Identifiers of the resources of a type whose names end with `suffix`, by the rest of the name."""
        pattern = re.compile(f"{kind} (.+?){suffix}$")
        found = ((pattern.match(name), physical) for name, physical in resources.items())
        return {match[1]: physical for match, physical in found if match}

    sqs, secrets = of("AWS::SQS::Queue"), of("AWS::SecretsManager::Secret")
    admins = resources["AWS::SNS::Topic TopicsAdmins"]
    return Names(
        buckets={"Footage": site.outputs["Bucket"], "AuditAnchors": site.outputs["AnchorBucket"]},
        queues={re.sub("^Detection", "", name): url for name, url in sqs.items()},
        secrets={re.sub("^Secrets", "", name): secret for name, secret in secrets.items()}
        | {"anpr/database": site.outputs["DatabaseSecret"]},
        topics=admins.rpartition(":")[0] + ":",
        admins=admins,
        bus=site.outputs["BusName"],
        functions=of("AWS::Lambda::Function", "Function"),
        logs=of("AWS::Logs::LogGroup", "Log"),
        role=_role(site, resources, "Setup"),
    )


@pytest.fixture(scope="module", autouse=True)
def topics(site: Site) -> Iterator[None]:
    """Topics as the backend itself opens them; they are gone afterwards."""
    notifier = SnsNotifier(site.cloud.client("sns"), AlertSettings(topic_prefix="anpr-"))
    opened = [notifier.open_topic(f"{kind}-{OPENED}", title="probe") for kind in TOPICS]
    yield
    for topic in opened:
        notifier.close_topic(topic)


def _role(site: Site, resources: dict[str, str], function: str) -> str:
    arn: str = site.cloud.client("iam").get_role(RoleName=resources[f"AWS::IAM::Role {function}Role"])["Role"]["Arn"]
    return arn


@cache
def _session() -> Any:
    """One for all, as it reads the services' descriptions, which are large; clients differ by their keys."""
    return boto3.Session(region_name=REGION)


def clients_of(site: Site, resources: dict[str, str], who: str) -> Clients:
    """Makes clients that sign in a role's name, one a service."""
    keys = {"aws_access_key_id": site.worker_key.id, "aws_secret_access_key": site.worker_key.secret}
    if who != "Worker":
        role = _role(site, resources, who)
        taken = site.cloud.client("sts").assume_role(RoleArn=role, RoleSessionName="test")["Credentials"]
        keys = {
            "aws_access_key_id": taken["AccessKeyId"],
            "aws_secret_access_key": taken["SecretAccessKey"],
            "aws_session_token": taken["SessionToken"],
        }
    return cache(lambda service: _session().client(service, endpoint_url=site.cloud.endpoint, **keys))


def expected(who: str) -> set[str]:
    """What stands in a role's table."""
    table = WORKER_MAY if who == "Worker" else MAY[who] | EVERY_FUNCTION
    return {what for what in table if not _NOT_GRANTED_HERE.match(what)}


@pytest.mark.parametrize("who", [*MAY, "Worker"])
def test_a_role_may_do_what_stands_in_its_table_and_is_refused_everything_else(
    site: Site, resources: dict[str, str], names: Names, who: str
) -> None:
    acting = clients_of(site, resources, who)

    done = {what for what, probe in probes(names).items() if not refused(probe, acting, names)}

    assert done == expected(who)


@pytest.mark.parametrize("who", [*MAY, "Worker"])
def test_what_nobody_needs_is_refused_to_everybody(
    site: Site, resources: dict[str, str], names: Names, who: str
) -> None:
    acting = clients_of(site, resources, who)

    assert [what for what, probe in FORBIDDEN.items() if not refused(probe, acting, names)] == []


def test_the_account_itself_is_refused_nothing_so_that_a_refusal_means_something(site: Site, names: Names) -> None:
    harmless = [what for what in FORBIDDEN if what.startswith(("list", "look", "read"))]

    assert [what for what in harmless if refused(FORBIDDEN[what], site.cloud.client, names)] == []
