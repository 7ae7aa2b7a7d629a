"""Vehicles that people know by name."""

from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID

from anpr_client._async.transport import AsyncTransport
from anpr_client.calls import Call, path_of
from anpr_client.models import Vehicle


class AsyncVehicles:
    """Vehicles that people know by name; passages show it as `known_as`."""

    def __init__(self, transport: AsyncTransport) -> None:
        self._transport = transport

    def list(self, **filters: Any) -> AsyncIterator[Vehicle]:
        """List known vehicles, the latest named first.

        Args:
            filters: `plate` (look-alikes included), `name` (a part of it), `limit` (of a page).
        """
        return self._transport.pages(Call(method="GET", path="/vehicles", params=filters), Vehicle)

    async def get(self, vehicle_id: UUID | str) -> Vehicle:
        """Get one known vehicle."""
        return await self._transport.ask(Call(method="GET", path=path_of("vehicles", vehicle_id)), Vehicle)

    async def create(self, plate: str, name: str, **fields: Any) -> Vehicle:
        """Name a vehicle.

        Args:
            plate: its plate, with or without separators.
            name: what people call it.
            fields: `region`, `note`.

        Raises:
            Conflict: the plate is known already.
        """
        body = {"plate": plate, "name": name, **fields}
        return await self._transport.ask(Call(method="POST", path="/vehicles", json=body), Vehicle)

    async def update(self, vehicle_id: UUID | str, **fields: Any) -> Vehicle:
        """Change what is given of a known vehicle."""
        call = Call(method="PATCH", path=path_of("vehicles", vehicle_id), json=fields, repeatable=True)
        return await self._transport.ask(call, Vehicle)

    async def delete(self, vehicle_id: UUID | str) -> None:
        """Forget a vehicle's name; its passages stay."""
        await self._transport.send(Call(method="DELETE", path=path_of("vehicles", vehicle_id)))
