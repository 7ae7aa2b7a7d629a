"""Human review: verdicts on the machine's reads, and how often people agree with it.

The machine's read is never overwritten. A verdict is a row in `corrections`; the event carries a copy of the live one,
so that search needs no join. An event's *effective plate* is the corrected one where there is one, none where the event
was rejected, and the machine's otherwise.
"""

from anpr.reviews.agreement import Agreement, AgreementQuery, agreement
from anpr.reviews.verdicts import Opinion, effective_plate, effective_region, give, history, person, undo

__all__ = [
    "Agreement",
    "AgreementQuery",
    "Opinion",
    "agreement",
    "effective_plate",
    "effective_region",
    "give",
    "history",
    "person",
    "undo",
]
