"""Where the segments of traces go on AWS: to X-Ray itself, so that no daemon need run beside the process."""

from collections.abc import Sequence
from typing import Any

from anpr.adapters.aws.client import translated
from anpr.errors import Unavailable


class XraySegments:
    """Sends segment documents to X-Ray."""

    def __init__(self, client: Any) -> None:
        """Make the sender; `client` is boto3's for `xray`."""
        self._client = client

    def __call__(self, documents: Sequence[str]) -> None:
        """Send documents: 50 at most, each of 64 kB at most.

        Raises:
            anpr.errors.Unavailable: X-Ray does not answer, or did not take all of them.
        """
        with translated("trace store"):
            answer = self._client.put_trace_segments(TraceSegmentDocuments=list(documents))
        refused = answer.get("UnprocessedTraceSegments", [])
        if refused:
            raise Unavailable(f"The trace store did not take {len(refused)} of {len(documents)} segments.")
