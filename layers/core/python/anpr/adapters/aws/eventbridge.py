"""`anpr.ports.EventBus` on one EventBridge bus."""

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Final

from anpr import tracing
from anpr.adapters.aws.client import translated
from anpr.adapters.aws.settings import BusSettings
from anpr.errors import AnprError
from anpr.messages import CloudEvent
from anpr.ports import Published

if TYPE_CHECKING:
    from mypy_boto3_events.client import EventBridgeClient
    from mypy_boto3_events.type_defs import PutEventsRequestEntryTypeDef

_PASSING: Final = frozenset({"InternalException", "InternalFailure", "ServiceUnavailable", "ThrottlingException"})
"""Why EventBridge does not take an entry now and may take it later."""


class EventBridgeBus:
    """`anpr.ports.EventBus` on one EventBridge bus."""

    # The service's limits on one request. The second counts all entries together.
    _MAX_ENTRIES = 10
    _MAX_BYTES = 256 * 1024

    def __init__(self, client: "EventBridgeClient", settings: BusSettings) -> None:
        self._client = client
        self._name = settings.name

    def publish(self, events: Sequence[CloudEvent]) -> Published:
        done = Published()
        fitting = []
        for event in events:
            if _entry_bytes(event) > self._MAX_BYTES:
                done.refused[event.id] = f"The event is larger than the {self._MAX_BYTES} bytes that the bus takes."
            else:
                fitting.append(event)
        try:
            for chunk in self._chunks(fitting):
                self._put(chunk, done)
        except AnprError:
            # What an earlier chunk delivered must be reported as such; only where nothing went is it an outage.
            if not done.taken and not done.refused:
                raise
        return done

    def check(self) -> None:
        with translated("event bus", missing="There is no such event bus."):
            self._client.describe_event_bus(Name=self._name)

    def _put(self, events: Sequence[CloudEvent], done: Published) -> None:
        with translated("event bus"):
            answer = self._client.put_events(Entries=[self._entry(event) for event in events])
        for event, result in zip(events, answer["Entries"], strict=True):
            code = result.get("ErrorCode")
            if not code:
                done.taken.append(event)
            elif code not in _PASSING:
                done.refused[event.id] = f"{code}: {result.get('ErrorMessage', '')}"

    def _entry(self, event: CloudEvent) -> "PutEventsRequestEntryTypeDef":
        entry: PutEventsRequestEntryTypeDef = {
            "EventBusName": self._name,
            "Source": event.source,
            "DetailType": event.type,
            "Time": event.time,
            "Detail": event.model_dump_json(),
        }
        header = event.trace or tracing.current_header()
        if header is not None:
            entry["TraceHeader"] = header
        return entry

    def _chunks(self, events: Sequence[CloudEvent]) -> Iterator[list[CloudEvent]]:
        """Split events, none of them too large on its own, by the service's limits."""
        chunk: list[CloudEvent] = []
        chunk_bytes = 0
        for event in events:
            size = _entry_bytes(event)
            if chunk and (len(chunk) == self._MAX_ENTRIES or chunk_bytes + size > self._MAX_BYTES):
                yield chunk
                chunk, chunk_bytes = [], 0
            chunk.append(event)
            chunk_bytes += size
        if chunk:
            yield chunk


def _entry_bytes(event: CloudEvent) -> int:
    """Size of an entry as EventBridge counts it: 14 bytes for the time, and the UTF-8 of each text."""
    return 14 + len(f"{event.source}{event.type}{event.model_dump_json()}".encode())
