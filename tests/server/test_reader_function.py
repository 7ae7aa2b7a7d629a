"""The function that answers single pictures, started as its image does, against Lambda's runtime API."""

import base64
import json
from pathlib import Path

import pytest

from anpr.db import Database
from tests.functions.api.test_pictures import PICTURE, PLATES, form
from tests.lambda_runtime import running
from tests.server.test_reader import key

__all__ = ["key"]


@pytest.mark.timeout(180)
def test_the_function_answers_as_lambda_calls_it(
    database: Database, database_url: str, key: str, tmp_path: Path
) -> None:
    told = {"ANPR_DB_URL": database_url, "ANPR_DB_SSL": "false", "ANPR_S3_BUCKET": "footage", "ANPR_BUS_NAME": "anpr"}
    body, kind = form(("upload", "car.jpg", "image/jpeg", PICTURE))
    http = {"method": "POST", "path": "/v1/plate-reader/", "protocol": "HTTP/1.1", "sourceIp": "192.0.2.1"}
    event = {
        "version": "2.0",
        "routeKey": "ANY /v1/{proxy+}",
        "rawPath": "/v1/plate-reader/",
        "rawQueryString": "",
        "headers": {"content-type": kind, "authorization": f"Token {key}", "host": "api.example.org"},
        "requestContext": {"requestId": "1", "stage": "$default", "http": http},
        "body": base64.b64encode(body).decode(),
        "isBase64Encoded": True,
    }
    log = tmp_path / "function.log"

    with running("server.reader_function.handler", told | {"POWERTOOLS_TRACE_DISABLED": "true"}, log) as runtime:
        answers = [runtime.invoke(event) for _ in range(2)]
        # What keeps functions from being forgotten.
        assert runtime.invoke({"detail": "stay"}) == {}

    for answer in answers:
        assert answer["statusCode"] == 200, answer
        assert {result["plate"].upper() for result in json.loads(answer["body"])["results"]} == set(PLATES)
    said = log.read_text()
    assert '"path":"/v1/plate-reader/"' in said
    assert [plate for plate in PLATES if plate.casefold() in said.casefold()] == []
