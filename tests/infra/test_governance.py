"""What the core stack promises of metering, retention and who owns the database."""

import pytest

from infra.environments import PROD
from tests.infra.conftest import Template


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


def test_retention_keeps_each_class_for_as_long_as_the_environment_says(prod: Template) -> None:
    terms = {name: value for name, value in variables(prod)["retention"].items() if name.startswith("ANPR_RETENTION_")}

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
