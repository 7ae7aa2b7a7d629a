"""Who calls, and what they may touch."""

from dataclasses import dataclass

from anpr.audit import Actor
from anpr.models import Role
from anpr.scopes import CameraScope

# From the most powerful down; each role may do all that the ones after it may.
_RANKS = (Role.ADMIN, Role.REVIEWER, Role.VIEWER)


@dataclass(frozen=True, slots=True)
class Principal:
    """A caller who proved who they are.

    Attributes:
        actor: what the audit log calls them.
        role: what they may do.
        scope: the cameras they are limited to; None for all.
    """

    actor: Actor
    role: Role
    scope: CameraScope = None

    def has(self, role: Role) -> bool:
        """Tell whether the caller has this role or a more powerful one."""
        return _RANKS.index(self.role) <= _RANKS.index(role)
