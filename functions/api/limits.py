"""Rate limits on what is worth guessing or harvesting: passwords and searches.

Whoever guesses is slowed down, and must not be able to lock out the one whose password it is. So the narrow limit is
for an account *from one address*. The wide one, for an account from anywhere, leaves out the addresses at which that
account was logged in lately: however many addresses a stranger has, the account's own ones are not among them.
"""

from datetime import timedelta
from ipaddress import IPv6Address, IPv6Network, ip_address
from typing import Final

from fastapi import Request
from sqlalchemy.orm import Session

from anpr.identity import ratelimits
from anpr.identity.principals import Principal
from anpr.identity.ratelimits import Allowance
from functions.api.dependencies import Caller, Services

_ANYWHERE_PERIOD: Final = timedelta(hours=1)
_KNOWN_FOR: Final = timedelta(days=30)
# Whoever has one IPv6 address has as many as a network of this size holds.
_IPV6_PREFIX: Final = 64


def limit_searches(request: Request, services: Services, caller: Caller) -> None:
    """Count one search; to be declared on the routes that search.

    Raises:
        TooManyRequests: the account, or the address that the request comes from, has searched enough for now.
    """
    rates = services.rates
    account = Allowance(rates.searches_per_account, rates.search_period)
    address = Allowance(rates.searches_per_address, rates.search_period)
    # A transaction of its own: what a refused or failing request did stays counted.
    with services.database.transaction() as session:
        _take(session, {f"search:account:{_account(caller)}": account, f"search:address:{_address(request)}": address})


class LoginAttempt:
    """One attempt to log in. It counts until it succeeds: who knows the password is not guessing it."""

    def __init__(self, request: Request, services: Services) -> None:
        rates = services.rates
        self._database = services.database
        self._from = _address(request)
        self._here = Allowance(rates.logins_per_account, rates.login_period)
        self._anywhere = Allowance(rates.logins_per_account_anywhere, _ANYWHERE_PERIOD)
        self._address = Allowance(rates.logins_per_address, rates.login_period)
        self._taken: dict[str, Allowance] = {}

    def count(self, email: str) -> None:
        """Count the attempt.

        Raises:
            TooManyRequests: there were too many for this account from this address, from this address at all, or for
                this account from addresses at which it was not logged in lately.
        """
        allowances = {self._key(email): self._here, f"login:address:{self._from}": self._address}
        with self._database.transaction() as session:
            if not ratelimits.is_remembered(session, self._known_key(email)):
                allowances[f"login:anywhere:{email.casefold()}"] = self._anywhere
            _take(session, allowances)
        self._taken = allowances

    def succeed(self, email: str) -> None:
        """Take the attempt back, make the account's allowance at this address whole, and know the address from now."""
        with self._database.transaction() as session:
            ratelimits.forget(session, self._key(email))
            for key, allowance in self._taken.items():
                if allowance.calls:
                    ratelimits.give_back(session, key, allowance)
            ratelimits.remember(session, self._known_key(email), lasting=_KNOWN_FOR)

    def _key(self, email: str) -> str:
        return f"login:account:{email.casefold()}:{self._from}"

    def _known_key(self, email: str) -> str:
        return f"login:known:{email.casefold()}:{self._from}"


class PasswordAttempt:
    """One attempt to tell one's present password, by somebody who holds a token: it may be a thief's."""

    def __init__(self, services: Services, caller: Caller) -> None:
        self._database = services.database
        self._key = f"password:{_account(caller)}"
        self._allowance = Allowance(services.rates.logins_per_account, services.rates.login_period)

    def count(self) -> None:
        """Count the attempt.

        Raises:
            TooManyRequests: there were too many for this account.
        """
        with self._database.transaction() as session:
            _take(session, {self._key: self._allowance})

    def succeed(self) -> None:
        """Make the account's allowance whole."""
        with self._database.transaction() as session:
            ratelimits.forget(session, self._key)


def _take(session: Session, allowances: dict[str, Allowance]) -> None:
    # In one order, so that no two attempts wait for each other's keys.
    for key, allowance in sorted(allowances.items(), key=lambda item: item[0]):
        if allowance.calls:
            ratelimits.take(session, key, allowance)


def _account(caller: Principal) -> str:
    return f"key:{caller.key_id}" if caller.key_id is not None else f"user:{caller.actor.id}"


def _address(request: Request) -> str:
    """The address that API Gateway saw, which a client cannot choose as it can a header; of IPv6, its network."""
    host = "unknown" if request.client is None else request.client.host
    try:
        address = ip_address(host)
    except ValueError:
        return host
    if not isinstance(address, IPv6Address):
        return str(address)
    if address.ipv4_mapped is not None:
        return str(address.ipv4_mapped)
    return str(IPv6Network((address, _IPV6_PREFIX), strict=False))
