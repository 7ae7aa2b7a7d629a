"""A stored file says which request asked for it, which is how a worker's job joins that request's trace."""

import re
from collections.abc import Callable, Iterator
from typing import Any
from uuid import UUID

import pytest

from anpr.adapters.aws.s3 import S3BlobStore
from anpr.messages import upload_key
from anpr.settings import StorageSettings
from anpr_client import Client
from infra.local.site import Site
from tests.e2e.api_calls import post_form
from tests.e2e.conftest import CAPTURED_AT

pytestmark = [pytest.mark.timeout(300), pytest.mark.only("aws", reason="traces are X-Ray's, which is AWS's")]

HEADER = re.compile(r"Root=1-[0-9a-f]{8}-[0-9a-f]{24};Parent=[0-9a-f]{16};Sampled=1")


@pytest.fixture
def traced(site: Site) -> Iterator[None]:
    """Has the requests for uploads be traced, as they are on AWS."""
    functions = site.cloud.client("lambda")
    (name,) = [
        found["FunctionName"]
        for page in functions.get_paginator("list_functions").paginate()
        for found in page["Functions"]
        if found["Handler"] == "functions.api.aws.capture.handler"
    ]
    functions.update_function_configuration(FunctionName=name, TracingConfig={"Mode": "Active"})
    yield
    functions.update_function_configuration(FunctionName=name, TracingConfig={"Mode": "PassThrough"})


def upload(api: Client, camera_id: str) -> dict[str, Any]:
    """Send a file that is no video; how it is stored is what counts."""
    body = {
        "file_name": "clip.mp4",
        "content_type": "video/mp4",
        "size_bytes": 4,
        "camera_id": camera_id,
        "captured_at": CAPTURED_AT.isoformat(),
    }
    made: dict[str, Any] = api.post("/uploads", body)
    post_form(made["form"], b"clip", content_type="video/mp4")
    return made


def trace_of(site: Site, upload_id: str) -> str | None:
    """What a worker finds of an upload's file."""
    store = S3BlobStore(site.cloud.client("s3"), StorageSettings(bucket=site.outputs["Bucket"]))
    info = store.info(upload_key(UUID(upload_id)))
    assert info is not None
    return info.trace


@pytest.mark.usefixtures("traced")
def test_a_file_says_which_request_it_came_by(
    site: Site, api: Client, camera_id: str, finish: Callable[[str], dict[str, Any]]
) -> None:
    first, second = upload(api, camera_id), upload(api, camera_id)

    headers = [trace_of(site, made["id"]) for made in (first, second)]

    assert all(header and HEADER.fullmatch(header) for header in headers)
    assert headers == [made["form"]["fields"]["x-amz-meta-trace"] for made in (first, second)]
    # Each request is a trace of its own, though one process answered both.
    assert headers[0] != headers[1]
    assert finish(first["id"])["status"] == "failed"


def test_where_nothing_is_traced_nothing_is_said(site: Site, api: Client, camera_id: str) -> None:
    made = upload(api, camera_id)

    assert trace_of(site, made["id"]) is None
