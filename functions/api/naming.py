"""By which names the vehicles of some passages are known, as far as the caller may know it."""

from collections.abc import Iterable

from sqlalchemy.orm import Session

from anpr.identity.principals import Principal
from anpr.models import Event
from anpr.review import vehicles
from anpr.review.vehicles import Known


def known_to(caller: Principal, session: Session, events: Iterable[Event]) -> Known:
    """Look up the names of a page's vehicles, in one query; none for a key that may not read known vehicles."""
    return {} if caller.lacks(frozenset({"vehicles:read"})) else vehicles.known_as(session, events)
