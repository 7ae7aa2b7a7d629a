"""The stacks, which the model of what they cost is compared with."""

from tests.infra.conftest import assemblies, stub

__all__ = ["assemblies", "stub"]
