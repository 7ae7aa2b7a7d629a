"""What the API answers, as frozen values.

A field that a newer backend adds is kept, under its own name. What the backend may add to (a status, a way of matching)
is text here and no closed list, so that an older client does not break on a newer backend.
"""

from anpr_client.models.alerts import BoloList, Entry, Hit, HitEntry, HitList, ImportReport, RowError
from anpr_client.models.base import Model
from anpr_client.models.capture import ENDED, Camera, Job, Upload, UploadForm
from anpr_client.models.people import Tokens, User
from anpr_client.models.review import (
    EXPORT_ENDED,
    Box,
    Candidate,
    Event,
    Export,
    KnownAs,
    Match,
    Region,
    Review,
    Vehicle,
    Verdict,
)

__all__ = [
    "ENDED",
    "EXPORT_ENDED",
    "BoloList",
    "Box",
    "Camera",
    "Candidate",
    "Entry",
    "Event",
    "Export",
    "Hit",
    "HitEntry",
    "HitList",
    "ImportReport",
    "Job",
    "KnownAs",
    "Match",
    "Model",
    "Region",
    "Review",
    "RowError",
    "Tokens",
    "Upload",
    "UploadForm",
    "User",
    "Vehicle",
    "Verdict",
]
