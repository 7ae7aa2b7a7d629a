"""What the API is made of: resources, each the routes below one path, and groups of them that are served together."""

from collections.abc import Sequence
from dataclasses import dataclass

from fastapi import APIRouter

from functions.api.services import ApiServices


class Resource(APIRouter):
    """Routes below one path, as a router.

    Attributes:
        tag: what the description of the API lists them under.
        about: a sentence on the tag, where this is the resource to say it.
    """

    def __init__(self, prefix: str = "", *, tag: str, about: str | None = None) -> None:
        super().__init__(prefix=prefix, tags=[tag])
        self.tag = tag
        self.about = about


@dataclass(frozen=True, slots=True)
class Group:
    """Resources that are served together: a function on AWS, and a part of one process elsewhere.

    Attributes:
        name: what the group is called in reports and paths of code.
        resources: its routers; of two whose paths overlap, the one whose paths begin with a parameter comes last.
        services: the class of what its routes work with.
    """

    name: str
    resources: Sequence[APIRouter]
    services: type[ApiServices]
