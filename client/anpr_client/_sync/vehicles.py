"""Vehicles that people know by name."""

from collections.abc import Iterator
from typing import Any
from uuid import UUID

from anpr_client._sync.transport import Transport
from anpr_client.calls import Call, path_of
from anpr_client.models import Vehicle


class Vehicles:
    """Vehicles that people know by name; passages show it as `known_as`."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def list(self, **filters: Any) -> Iterator[Vehicle]:
        """List known vehicles, the latest named first.

        Args:
            filters: `plate` (look-alikes included), `name` (a part of it), `limit` (of a page).
        """
        return self._transport.pages(Call(method="GET", path="/vehicles", params=filters), Vehicle)

    def get(self, vehicle_id: UUID | str) -> Vehicle:
        """Get one known vehicle."""
        return self._transport.ask(Call(method="GET", path=path_of("vehicles", vehicle_id)), Vehicle)

    def create(self, plate: str, name: str, **fields: Any) -> Vehicle:
        """Name a vehicle.

        Args:
            plate: its plate, with or without separators.
            name: what people call it.
            fields: `region`, `note`.

        Raises:
            Conflict: the plate is known already.
        """
        body = {"plate": plate, "name": name, **fields}
        return self._transport.ask(Call(method="POST", path="/vehicles", json=body), Vehicle)

    def update(self, vehicle_id: UUID | str, **fields: Any) -> Vehicle:
        """Change what is given of a known vehicle."""
        call = Call(method="PATCH", path=path_of("vehicles", vehicle_id), json=fields, repeatable=True)
        return self._transport.ask(call, Vehicle)

    def delete(self, vehicle_id: UUID | str) -> None:
        """Forget a vehicle's name; its passages stay."""
        self._transport.send(Call(method="DELETE", path=path_of("vehicles", vehicle_id)))
