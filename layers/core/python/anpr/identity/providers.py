"""Services that log people in, where the backend does not do it itself, as a Protocol."""

from dataclasses import dataclass
from typing import Protocol
from uuid import UUID


@dataclass(frozen=True, slots=True)
class OutsideIdentity:
    """Who somebody is, as a service says that logs people in.

    Attributes:
        subject: the service's id of the person, which is the id of our row too.
        email: their address; what the service knows them by where they have none.
        second_factor: whether they logged in with one.
    """

    subject: UUID
    email: str
    second_factor: bool


@dataclass(frozen=True, slots=True)
class BrowserLogin:
    """Where a page in a browser logs people in by a password.

    Attributes:
        url: base of the addresses `token` and `logout`.
        key: sent with each request; it is no secret.
    """

    url: str
    key: str


class LoginProvider(Protocol):
    """A service that logs people in, where the backend does not do it itself. What they may do stays ours to say."""

    @property
    def first_admin(self) -> UUID | None:
        """Who is an administrator from the first; None where nobody is named."""

    @property
    def admits(self) -> bool:
        """Whether somebody who comes for the first time is let in, with the least role."""

    @property
    def admins_need_second_factor(self) -> bool:
        """Whether administrators are refused who logged in without one."""

    @property
    def browser(self) -> BrowserLogin | None:
        """Where the console logs people in; None where it cannot."""

    def verify(self, token: str) -> OutsideIdentity:
        """Check an access token.

        Raises:
            anpr.errors.Unauthenticated: it is not good.
        """
