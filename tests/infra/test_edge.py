"""What stands at the edge: the bucket's forgetting, and the HTTP API's limits, logs and name."""

from dataclasses import replace
from typing import Any

import pytest

from infra.environments import ENVIRONMENTS, PROD, Environment
from infra.node import use_bundled_node
from tests.infra.conftest import Template

DOMAIN = replace(
    PROD,
    domain_name="anpr.example.org",
    certificate_arn="arn:aws:acm:eu-central-1:123456789012:certificate/1",
    browser_origins=("https://console.example.org",),
)


def api_of(environment: Environment) -> tuple[Template, str, str | None]:
    """The API alone, with one route that is slow and one that is not; its address, and what its name points to."""
    use_bundled_node()
    from aws_cdk import Stack, assertions, aws_lambda  # noqa: PLC0415

    from infra.build import new_app  # noqa: PLC0415
    from infra.components.http_api import HttpApi  # noqa: PLC0415

    stack = Stack(new_app(), "edge")
    function = aws_lambda.Function.from_function_arn(stack, "F", "arn:aws:lambda:eu-central-1:123456789012:function:f")
    routes = {"Identity": (function, ("auth", "users"))}
    api = HttpApi(stack, "Http", environment=environment, routes=routes, elsewhere=function)
    return Template(dict(assertions.Template.from_stack(stack).to_json())), api.url, api.alias_target


def footage(template: Template) -> dict[str, Any]:
    return next(bucket for name, bucket in template.of_type("AWS::S3::Bucket").items() if "Footage" in name)


def test_the_bucket_forgets_exports_half_uploads_and_old_versions_but_never_evidence_by_itself(prod: Template) -> None:
    rules = {rule["Id"]: rule for rule in footage(prod)["LifecycleConfiguration"]["Rules"]}

    assert {rule["Status"] for rule in rules.values()} == {"Enabled"}
    assert rules["forget-exports"]["ExpirationInDays"] == 30
    assert rules["drop-unfinished"]["AbortIncompleteMultipartUpload"] == {"DaysAfterInitiation": 1}
    assert rules["drop-markers"]["ExpiredObjectDeleteMarker"] is True
    # An expiration without a prefix would take footage and evidence, whatever a legal hold says.
    assert [name for name, rule in rules.items() if "ExpirationInDays" in rule] == ["forget-exports"]


@pytest.mark.parametrize("name", ENVIRONMENTS)
def test_versions_are_kept_of_everything_and_old_ones_of_footage_for_as_long_as_it_is(
    templates: dict[str, Template], name: str
) -> None:
    bucket, days = footage(templates[name]), ENVIRONMENTS[name].undelete_days
    old_versions = {
        rule["Prefix"]: rule["NoncurrentVersionExpiration"]["NoncurrentDays"]
        for rule in bucket["LifecycleConfiguration"]["Rules"]
        if "NoncurrentVersionExpiration" in rule
    }

    # Below uploads/ the version that was read may be an old one, for as long as another lies over it.
    assert old_versions == (dict.fromkeys(("crops/", "frames/", "exports/"), days) if days else {})
    assert bucket["VersioningConfiguration"] == {"Status": "Enabled"}


def test_the_api_is_limited_as_a_whole_and_logging_in_more_so(prod: Template) -> None:
    (stage,) = prod.of_type("AWS::ApiGatewayV2::Stage").values()

    assert stage["DefaultRouteSettings"] == {"ThrottlingRateLimit": 200, "ThrottlingBurstLimit": 400}
    limit = {"ThrottlingRateLimit": 20, "ThrottlingBurstLimit": 40}
    assert stage["RouteSettings"] == {"ANY /auth": limit, "ANY /auth/{proxy+}": limit}
    (resource,) = (part for part in prod.content["Resources"].values() if part["Type"] == "AWS::ApiGatewayV2::Stage")
    routes = prod.of_type("AWS::ApiGatewayV2::Route")
    assert {routes[name]["RouteKey"] for name in resource["DependsOn"] if name in routes} == stage[
        "RouteSettings"
    ].keys()


@pytest.mark.parametrize("name", ENVIRONMENTS)
def test_who_called_what_is_logged_and_forgotten_in_time(templates: dict[str, Template], name: str) -> None:
    template = templates[name]
    (stage,) = template.of_type("AWS::ApiGatewayV2::Stage").values()
    log = stage["AccessLogSettings"]["DestinationArn"]["Fn::GetAtt"][0]

    assert '"ip": "$context.identity.sourceIp"' in stage["AccessLogSettings"]["Format"]
    assert template.of_type("AWS::Logs::LogGroup")[log]["RetentionInDays"] == ENVIRONMENTS[name].log_days


def test_pages_of_other_origins_may_call_the_api_only_where_the_environment_names_them(
    templates: dict[str, Template],
) -> None:
    origins = {
        name: next(iter(template.of_type("AWS::ApiGatewayV2::Api").values()))
        .get("CorsConfiguration", {})
        .get("AllowOrigins")
        for name, template in templates.items()
    }

    assert origins == {"local": ["*"], "dev": ["http://localhost:3000"], "prod": None}


@pytest.mark.parametrize("name", ["dev", "prod"])
def test_the_console_may_send_files_to_the_bucket(templates: dict[str, Template], name: str) -> None:
    rules = [
        rule
        for bucket in templates[name].of_type("AWS::S3::Bucket").values()
        for rule in bucket.get("CorsConfiguration", {}).get("CorsRules", [])
    ]
    (api,) = templates[name].of_type("AWS::ApiGatewayV2::Api")
    own = [rule for rule in rules if {"Fn::GetAtt": [api, "ApiEndpoint"]} in rule["AllowedOrigins"]]
    assert [set(rule["AllowedMethods"]) for rule in own] == [{"GET", "HEAD", "POST", "PUT"}]
    assert [rule["AllowedOrigins"] for rule in rules if rule not in own] == (
        [["http://localhost:3000"]] if name == "dev" else []
    )


def test_a_domain_is_the_only_way_in_by_modern_tls() -> None:
    template, url, alias_target = api_of(DOMAIN)

    (domain,) = template.of_type("AWS::ApiGatewayV2::DomainName").values()
    (api,) = template.of_type("AWS::ApiGatewayV2::Api").values()
    (mapping,) = template.of_type("AWS::ApiGatewayV2::ApiMapping").values()
    (configuration,) = domain["DomainNameConfigurations"]
    assert (domain["DomainName"], configuration["SecurityPolicy"]) == ("anpr.example.org", "TLS_1_2")
    assert configuration["CertificateArn"] == DOMAIN.certificate_arn
    assert api["DisableExecuteApiEndpoint"] is True
    assert mapping["Stage"] == "$default"
    assert url == "https://anpr.example.org"
    assert alias_target is not None


def test_without_a_domain_the_gateways_own_name_serves(prod: Template) -> None:
    (api,) = prod.of_type("AWS::ApiGatewayV2::Api").values()

    assert "AWS::ApiGatewayV2::DomainName" not in prod.types
    assert "DisableExecuteApiEndpoint" not in api


def test_a_domain_without_a_certificate_is_refused() -> None:
    with pytest.raises(ValueError, match=r"anpr\.example\.org"):
        api_of(replace(DOMAIN, certificate_arn=None))
