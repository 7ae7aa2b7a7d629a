"""Who calls, and what they may touch."""

from dataclasses import dataclass
from uuid import UUID

from anpr.audit import Actor
from anpr.errors import Forbidden
from anpr.identity.scopes import CameraScope
from anpr.models import Role

_RANKS = (Role.ADMIN, Role.REVIEWER, Role.VIEWER)
"""From the most powerful down; each role may do all that the ones after it may."""


@dataclass(frozen=True, slots=True)
class Principal:
    """A caller who proved who they are.

    Attributes:
        actor: what the audit log calls them.
        role: what they may do.
        scope: the cameras they are limited to; None for all.
        login_id: the login that a person calls with; None for a machine.
        key_id: the API key that a machine calls with; None for a person.
        permissions: the `<data>:<read or write>` that a key is for; None for all that the role may do.
    """

    actor: Actor
    role: Role
    scope: CameraScope = None
    login_id: UUID | None = None
    key_id: UUID | None = None
    permissions: frozenset[str] | None = None

    def has(self, role: Role) -> bool:
        """Tell whether the caller has this role or a more powerful one."""
        return lesser(self.role, role) is role

    def lacks(self, permissions: frozenset[str]) -> frozenset[str]:
        """Tell which of these permissions the caller does not have; whether the role is enough is another question."""
        return frozenset() if self.permissions is None else permissions - self.permissions

    def require(self, permission: str) -> None:
        """Refuse a key that lacks what only some requests to a route need, by what they ask for.

        Raises:
            Forbidden: it names what is lacking.
        """
        if self.lacks(frozenset({permission})):
            raise Forbidden(f"This API key has no permission for that; it needs {permission} too.")


def lesser(one: Role, other: Role) -> Role:
    """The less powerful of two roles."""
    return max(one, other, key=_RANKS.index)
