"""What all answers have in common."""

from pydantic import BaseModel, ConfigDict


class Model(BaseModel):
    """The base of all answers."""

    model_config = ConfigDict(frozen=True, extra="allow", protected_namespaces=())
