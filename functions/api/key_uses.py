"""What an API key could never use of its permissions, so that nobody makes one and wonders why it is refused."""

from dataclasses import dataclass
from functools import reduce

from anpr.identity.principals import lesser
from anpr.models import Role
from functions.api.access import ROLES, Access
from functions.api.access_table import Row, committed


@dataclass(frozen=True, slots=True)
class KeyRights:
    """What a key is to be.

    Attributes:
        role: the most that it may do.
        permissions: what it is permitted, each known.
        limited: whether it is limited to some cameras.
    """

    role: Role
    permissions: frozenset[str]
    limited: bool


def never_usable(rights: KeyRights) -> dict[str, str]:
    """Tell which permissions no route would let the key in by.

    Returns:
        For each of them, what it would take, in words.
    """
    lacks = {permission: _lack(permission, rights) for permission in sorted(rights.permissions)}
    return {permission: lack for permission, lack in lacks.items() if lack is not None}


def _lack(permission: str, rights: KeyRights) -> str | None:
    """What the key lacks for every route that needs a permission; None where there is one that lets it in."""
    needing = [row for row in committed().values() if permission in row["keys"]]
    permitted = [row for row in needing if rights.permissions.issuperset(row["keys"])]
    if not permitted:
        missing = min((set(row["keys"]) - rights.permissions for row in needing), key=len)
        return f"{', '.join(sorted(missing))} too"
    fitting = [row for row in permitted if lesser(rights.role, _role(row)) is _role(row)]
    if not fitting:
        return f"the role {reduce(lesser, map(_role, permitted))}"
    if rights.limited and all(row["everywhere"] for row in fitting):
        return "every camera, and the key is limited to some"
    return None


def _role(row: Row) -> Role:
    return ROLES[Access(row["access"])]
