"""Other engines' formats: one module each, with a pure function from what was posted to reads in the backend's terms.

`docs/reads.md` names the source of each format.
"""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Final

from anpr.capture.reads import NewRead
from functions.api.engines import axis, dahua, genetec, hikvision, platerecognizer, rekor, unifi
from functions.api.engines.payload import Payload

Adapter = Callable[[Payload], list[NewRead]]
"""Raises `anpr.errors.Unprocessable` for what is not of its format; gives nothing for what is, and is no read."""

ENGINES: Final[Mapping[str, Adapter]] = MappingProxyType(
    {
        "axis": axis.reads,
        "dahua": dahua.reads,
        "genetec": genetec.reads,
        "hikvision": hikvision.reads,
        "platerecognizer": platerecognizer.reads,
        "rekor": rekor.reads,
        "unifi": unifi.reads,
    }
)
