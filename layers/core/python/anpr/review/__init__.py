"""Human review: verdicts on the machine's reads, and how often people agree with it.

The machine's read is never overwritten. A verdict is a row in `corrections`; the event carries a copy of the live one,
so that search needs no join. What the two come to is told by `Event.effective_plate` and `Event.effective_region`.
"""
