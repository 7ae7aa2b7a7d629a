"""Queries: what may be given once is given once."""

from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any, Final

from fastapi import Request
from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute
from pydantic import TypeAdapter

_LISTS: Final[dict[Callable[..., Any], frozenset[str]]] = {}
"""The parameters that take several values, by the function of the route that was asked."""


async def once(request: Request) -> None:
    """Refuse a query that repeats what is no list.

    Of `?limit=1&limit=2` the last would count, and whoever sent it might have meant the first.

    Raises:
        RequestValidationError: which parameters are repeated.
    """
    given = Counter(name for name, _ in request.query_params.multi_items())
    repeated = {name for name, times in given.items() if times > 1}
    repeated = repeated and repeated - _lists_of(request.scope["route"])
    if repeated:
        raise RequestValidationError(
            [
                {"type": "value_error", "loc": ("query", name), "msg": "This can be given once only.", "input": None}
                for name in sorted(repeated)
            ]
        )


def _lists_of(route: APIRoute) -> frozenset[str]:
    """The parameters of a route's query that take several values."""
    found = _LISTS.get(route.endpoint)
    if found is None:
        found = _LISTS[route.endpoint] = frozenset(_find_lists(route))
    return found


def _find_lists(route: APIRoute) -> Iterator[str]:
    for parameter in route.dependant.query_params:
        kind: Any = parameter.field_info.annotation
        described = TypeAdapter(kind).json_schema()
        # A model of the whole query, or a parameter by itself.
        for name, field in described.get("properties", {parameter.alias: described}).items():
            if "array" in (field.get("type"), *(one.get("type") for one in field.get("anyOf", ()))):
                yield name
