"""/vehicles: vehicles that people know by name."""

from typing import Annotated, cast
from uuid import UUID

from fastapi import Query

from anpr.review import vehicles
from anpr.review.vehicles import VehicleFields
from functions.api.access import Access, allows
from functions.api.dependencies import CallerActor, DbSession
from functions.api.resource import Resource
from functions.api.schemas.common import page_fields
from functions.api.schemas.vehicles import VehicleIn, VehicleOut, VehiclePage, VehiclePatch, VehicleQuery

router = Resource("/vehicles", tag="vehicles", about="Vehicles that people know by name.")


@router.get("", summary="List known vehicles")
@allows(Access.VIEWER, keys={"vehicles:read"})
def list_vehicles(query: Annotated[VehicleQuery, Query()], session: DbSession) -> VehiclePage:
    """Vehicles that have a name, by plate or name, the latest named first. It tells of no passage."""
    return VehiclePage.model_validate(page_fields(vehicles.find(session, query.page("vehicles"), query.filter())))


@router.post("", status_code=201, summary="Name a vehicle")
@allows(Access.REVIEWER, keys={"vehicles:write"}, audits={"vehicle.named"})
def name_vehicle(body: VehicleIn, session: DbSession, actor: CallerActor) -> VehicleOut:
    """Give a plate a name, which its passages then show. 409 where it has one already."""
    return VehicleOut.model_validate(vehicles.create(session, actor, cast("VehicleFields", body.model_dump())))


@router.get("/{vehicle_id}", summary="Get a known vehicle")
@allows(Access.VIEWER, keys={"vehicles:read"})
def get_vehicle(vehicle_id: UUID, session: DbSession) -> VehicleOut:
    """One vehicle that has a name."""
    return VehicleOut.model_validate(vehicles.get(session, vehicle_id))


@router.patch("/{vehicle_id}", summary="Change a known vehicle")
@allows(Access.REVIEWER, keys={"vehicles:write"}, audits={"vehicle.changed"})
def change_vehicle(vehicle_id: UUID, body: VehiclePatch, session: DbSession, actor: CallerActor) -> VehicleOut:
    """Change what is given."""
    fields = cast("VehicleFields", body.model_dump(exclude_unset=True))
    return VehicleOut.model_validate(vehicles.update(session, actor, vehicle_id, fields))


@router.delete("/{vehicle_id}", status_code=204, summary="Forget a vehicle's name")
@allows(Access.REVIEWER, keys={"vehicles:write"}, audits={"vehicle.removed"})
def forget_vehicle(vehicle_id: UUID, session: DbSession, actor: CallerActor) -> None:
    """Take a vehicle off the list; its passages stay."""
    vehicles.delete(session, actor, vehicle_id)
