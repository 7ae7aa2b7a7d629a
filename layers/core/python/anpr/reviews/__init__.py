"""Human review: a queue of the reads that most need a person, verdicts on them, and how often people agree.

The machine's read is never overwritten. A verdict is a row in `corrections`; the event carries a copy of the live one,
so that search needs no join. An event's *effective plate* is the corrected one where there is one, none where the event
was rejected, and the machine's otherwise.
"""

from anpr.reviews.agreement import Agreement, AgreementQuery, agreement
from anpr.reviews.queue import (
    QueueFilter,
    ask_second_opinion,
    claim,
    claim_next,
    doubt,
    enqueue,
    mark_hits,
    release,
    top,
)
from anpr.reviews.verdicts import Opinion, effective_plate, effective_region, give, history, undo

__all__ = [
    "Agreement",
    "AgreementQuery",
    "Opinion",
    "QueueFilter",
    "agreement",
    "ask_second_opinion",
    "claim",
    "claim_next",
    "doubt",
    "effective_plate",
    "effective_region",
    "enqueue",
    "give",
    "history",
    "mark_hits",
    "release",
    "top",
    "undo",
]
