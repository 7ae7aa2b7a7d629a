"""Rate limits on what is worth guessing or harvesting: logins and searches, for each account and each address."""

from fastapi import Request

from anpr import ratelimits
from anpr.principals import Principal
from anpr.ratelimits import Allowance
from functions.api.dependencies import Caller, Services
from functions.api.services import ApiServices


def limit_searches(request: Request, services: Services, caller: Caller) -> None:
    """Count one search; to be declared on the routes that search.

    Raises:
        TooManyRequests: the account, or the address that the request comes from, has searched enough for now.
    """
    rates = services.rates
    account = Allowance(rates.searches_per_account, rates.search_period)
    address = Allowance(rates.searches_per_address, rates.search_period)
    _take(services, {f"search:account:{_account(caller)}": account, f"search:address:{_address(request)}": address})


class LoginAttempt:
    """One attempt to log in. It counts until it succeeds: who knows the password is not guessing it."""

    def __init__(self, request: Request, services: Services) -> None:
        self._services = services
        self._address_key = f"login:address:{_address(request)}"

    def count(self, email: str) -> None:
        """Count the attempt.

        Raises:
            TooManyRequests: there were too many for this account, or from this address.
        """
        _take(self._services, {self._account_key(email): self._account, self._address_key: self._address})

    def succeed(self, email: str) -> None:
        """Take the attempt back: the account's allowance is whole again, and the address has its one call back."""
        with self._services.database.transaction() as session:
            ratelimits.forget(session, self._account_key(email))
            if self._address.calls:
                ratelimits.give_back(session, self._address_key, self._address)

    @property
    def _account(self) -> Allowance:
        return Allowance(self._services.rates.logins_per_account, self._services.rates.login_period)

    @property
    def _address(self) -> Allowance:
        return Allowance(self._services.rates.logins_per_address, self._services.rates.login_period)

    @staticmethod
    def _account_key(email: str) -> str:
        return f"login:account:{email.casefold()}"


def _take(services: ApiServices, allowances: dict[str, Allowance]) -> None:
    """Count in a transaction of its own: what a refused or failing request did stays counted."""
    with services.database.transaction() as session:
        for key, allowance in allowances.items():
            if allowance.calls:
                ratelimits.take(session, key, allowance)


def _account(caller: Principal) -> str:
    return f"key:{caller.key_id}" if caller.key_id is not None else f"user:{caller.actor.id}"


def _address(request: Request) -> str:
    """The address that API Gateway saw, which a client cannot choose as it can a header."""
    return "unknown" if request.client is None else request.client.host
