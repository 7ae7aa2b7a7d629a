"""What the core stack promises of metering, retention and who owns the database."""

from typing import Any

import pytest

from infra.environments import PROD
from tests.infra.conftest import Template, listed


def variables(template: Template) -> dict[str, dict[str, str]]:
    """Each function's environment variables, by its handler's module."""
    return {
        function["Handler"].split(".")[-2 if "api" in function["Handler"] else -3]: function["Environment"]["Variables"]
        for function in template.of_type("AWS::Lambda::Function").values()
    }


def test_only_the_set_up_keeps_the_rights_of_the_databases_owner(prod: Template) -> None:
    logins = {
        name: (found.get("ANPR_DB_ROLE"), found.get("ANPR_DB_USER"), "ANPR_DB_SECRET_ID" in found)
        for name, found in variables(prod).items()
        if "ANPR_DB_HOST" in found
    }

    assert logins.pop("setup") == (None, None, True)
    assert set(logins.values()) == {("anpr_app", "anpr_app", False)}
    assert {"identity", "capture", "review", "retention", "webhook_sender"} <= logins.keys()


def test_in_the_one_machine_run_all_but_the_set_up_give_up_the_owners_rights(templates: dict[str, Template]) -> None:
    roles = {
        name: found.get("ANPR_DB_ROLE")
        for name, found in variables(templates["local"]).items()
        if "ANPR_DB_SECRET_ID" in found
    }

    assert roles.pop("setup") is None
    assert set(roles.values()) == {"anpr_app"}


def test_what_an_upload_used_is_metered(prod: Template) -> None:
    (meter,) = [name for name in prod.of_type("AWS::Lambda::Function") if name.startswith("UsageMeter")]
    rules = [
        rule["EventPattern"]["detail-type"]
        for rule in prod.of_type("AWS::Events::Rule").values()
        if any(target["Arn"] == {"Fn::GetAtt": [meter, "Arn"]} for target in rule["Targets"])
    ]

    assert rules == [["upload.processed"]]


@pytest.mark.parametrize("function", ["retention", "governance"])
def test_each_class_is_kept_for_as_long_as_the_environment_says_and_the_api_tells_it(
    prod: Template, function: str
) -> None:
    terms = {name: value for name, value in variables(prod)[function].items() if name.startswith("ANPR_RETENTION_")}

    assert terms == {
        "ANPR_RETENTION_UPLOADS_DAYS": str(PROD.upload_days),
        "ANPR_RETENTION_CROPS_DAYS": str(PROD.evidence_days),
        "ANPR_RETENTION_EVENTS_DAYS": str(PROD.event_days),
        "ANPR_RETENTION_HITS_DAYS": str(PROD.hit_days),
        "ANPR_RETENTION_AUDIT_DAYS": str(PROD.audit_days),
    }


@pytest.mark.parametrize(
    "function", ["identity", "capture", "review", "alerts", "governance", "usage_meter", "retention"]
)
def test_who_asks_for_the_licence_knows_its_issuers(prod: Template, function: str) -> None:
    assert variables(prod)[function]["ANPR_LICENSE_PUBLIC_KEYS"] == ",".join(PROD.license_issuers)


def test_the_api_is_throttled(prod: Template) -> None:
    (stage,) = prod.of_type("AWS::ApiGatewayV2::Stage").values()

    assert stage["DefaultRouteSettings"]["ThrottlingRateLimit"] > 0
    assert stage["DefaultRouteSettings"]["ThrottlingBurstLimit"] > 0


def anchors(template: Template) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """The bucket of the audit log's anchors, and the statements of its policy."""
    [(identifier, bucket)] = [item for item in template.of_type("AWS::S3::Bucket").items() if "Anchors" in item[0]]
    [policy] = [
        policy for policy in template.of_type("AWS::S3::BucketPolicy").values() if policy["Bucket"]["Ref"] == identifier
    ]
    return bucket, policy["PolicyDocument"]["Statement"]


def test_anchors_are_locked_for_as_long_as_the_records_they_vouch_for_are_kept(prod: Template) -> None:
    bucket, _ = anchors(prod)

    assert bucket["ObjectLockEnabled"] is True
    assert bucket["ObjectLockConfiguration"]["Rule"]["DefaultRetention"] == {
        "Mode": "COMPLIANCE",
        "Days": PROD.audit_days,
    }
    assert bucket["VersioningConfiguration"] == {"Status": "Enabled"}
    assert "LifecycleConfiguration" not in bucket


def test_nobody_at_all_may_hide_an_anchor(prod: Template) -> None:
    _, statements = anchors(prod)

    refused = [(set(listed(one["Action"])), one.get("Condition")) for one in statements if one["Effect"] == "Deny"]
    assert ({"s3:PutObject"}, {"Null": {"s3:if-none-match": "true"}}) in refused
    assert ({"s3:DeleteObject", "s3:DeleteObjectVersion", "s3:BypassGovernanceRetention"}, None) in refused


@pytest.mark.parametrize("environment", ["local", "dev"])
def test_where_no_lock_is_asked_for_the_bucket_can_be_removed(templates: dict[str, Template], environment: str) -> None:
    bucket, _ = anchors(templates[environment])

    assert "ObjectLockEnabled" not in bucket


def test_only_what_writes_anchors_knows_where_their_key_is(prod: Template) -> None:
    knowing = {name for name, found in variables(prod).items() if "ANPR_ANCHOR_KEY_SECRET_ID" in found}
    looking = {name for name, found in variables(prod).items() if "ANPR_ANCHOR_BUCKET" in found}

    assert knowing == {"setup", "retention"}
    assert looking == {"governance", "retention"}
