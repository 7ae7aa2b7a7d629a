"""How AWS is called, and whatever speaks its protocols: the emulator, SeaweedFS, MinIO, Supabase's S3.

A request that fails for any reason but "there is no such thing" is `Unavailable`: to a caller, a throttled service, a
network that is down and a permission that somebody is about to repair are the same, to be tried again later. The
original error is the cause of what is raised, so the log has it and the client does not.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

import boto3
import urllib3.util.connection
from boto3.exceptions import Boto3Error
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError, NoRegionError

from anpr.adapters.family import Misconfigured
from anpr.errors import NotFound, Unavailable

CONNECT_TIMEOUT_S: Final = 3
READ_TIMEOUT_S: Final = 10
LONG_POLL_S: Final = 20
"""The longest wait that SQS grants; its client has to listen for longer than that."""

_MISSING: Final = frozenset(
    {
        "404",
        "NoSuchKey",
        "NoSuchUpload",
        "NotFound",
        "ResourceNotFoundException",
        # A delivery whose visibility ran out, or whose message was deleted by another delivery's receiver.
        "MessageNotInflight",
        "ReceiptHandleIsInvalid",
        "AWS.SimpleQueueService.MessageNotInflight",
    }
)

_NOT_FOUND: Final = 404

# The names of most services have addresses of both kinds, IPv4 and IPv6. These two have another name for that.
_NAMED_FOR_IPV6: Final = frozenset({"events", "lambda"})


def make_client(
    service: str,
    endpoint_url: str | None = None,
    *,
    connections: int = 10,
    ipv6: bool = False,
    once_within_s: float | None = None,
) -> Any:
    """Make a boto3 client with explicit time-outs and retries.

    Args:
        service: boto3's name of the service, such as `s3`.
        endpoint_url: another server than AWS's. The environment's `AWS_ENDPOINT_URL` and `AWS_ENDPOINT_URL_<SERVICE>`
            are boto3's own way to say the same.
        connections: how many threads may use the client at a time without waiting for each other.
        ipv6: whether AWS is reached by IPv6 alone, as from a network without NAT.
        once_within_s: for what may take so long and must not be done again: how long to wait for the only try.

    Returns:
        The client; its type depends on `service`, so the caller names it. It is safe to share between threads.

    Raises:
        anpr.adapters.family.Misconfigured: nothing says which region is meant.
    """
    if ipv6:
        # urllib3 looks for IPv6 once, by trying the loopback address, and uses IPv4 alone where that has none.
        urllib3.util.connection.HAS_IPV6 = True
    elsewhere = endpoint_url or os.environ.get("AWS_ENDPOINT_URL_S3") or os.environ.get("AWS_ENDPOINT_URL")
    usual_s = READ_TIMEOUT_S + (LONG_POLL_S if service == "sqs" else 0)
    config = Config(
        connect_timeout=CONNECT_TIMEOUT_S,
        read_timeout=usual_s if once_within_s is None else once_within_s,
        retries={"mode": "standard", "total_max_attempts": 3 if once_within_s is None else 1},
        max_pool_connections=connections,
        signature_version="s3v4" if service == "s3" else None,
        # Not for all: SQS and SNS have no such name, and S3 is reached by a gateway of the network's own.
        use_dualstack_endpoint=True if ipv6 and service in _NAMED_FOR_IPV6 else None,
        # On AWS, "virtual" is what makes presigned links name the bucket's own region: the global name that boto3
        # would put there redirects for hours after a bucket is made. Other servers seldom have a name a bucket.
        s3={"addressing_style": "path" if elsewhere else "virtual"},
        # Other S3 servers do not all know the checksums that AWS's take.
        request_checksum_calculation="when_required" if elsewhere else "when_supported",
        response_checksum_validation="when_required" if elsewhere else "when_supported",
    )
    # A session of its own: boto3's default one is not safe to make clients from in several threads.
    session: Any = boto3.session.Session()
    try:
        return session.client(service, endpoint_url=endpoint_url, config=config)
    except NoRegionError as error:
        raise Misconfigured("AWS_DEFAULT_REGION is not set, and nothing else says which region is meant.") from error


@contextmanager
def translated(service: str, *, missing: str = "There is no such thing.") -> Iterator[None]:
    """Turn boto3's errors into the domain's."""
    try:
        yield
    except ClientError as error:
        code = error.response.get("Error", {}).get("Code")
        # Not every server names its errors in a way that boto3 understands; the status always comes.
        status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode")
        if code in _MISSING or (not code and status == _NOT_FOUND):
            raise NotFound(missing) from error
        raise Unavailable(f"The {service} does not answer as it should; try again in a moment.") from error
    except (BotoCoreError, Boto3Error) as error:
        raise Unavailable(f"The {service} cannot be reached; try again in a moment.") from error
