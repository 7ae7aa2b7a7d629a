"""/feedback: people's judgement of the machine's reads."""

from typing import Annotated
from uuid import UUID

from fastapi import Query, Response

from anpr.review import agreement, verdicts
from anpr.review import queue as review_queue
from anpr.review.queue import QueueFilter
from functions.api.access import Access, allows
from functions.api.dependencies import Caller, DbSession
from functions.api.naming import known_to
from functions.api.promises import Promises
from functions.api.resource import Resource
from functions.api.schemas.feedback import (
    AgreementList,
    AgreementOut,
    AgreementParameters,
    ClaimIn,
    QueueQuery,
    ReviewList,
    ReviewOut,
    SecondOpinionIn,
    VerdictIn,
    VerdictList,
    VerdictOut,
    review_out,
    verdict_out,
)
from functions.api.services.review import Review

router = Resource("/feedback", tag="feedback", about="What people say of the reads: a queue, verdicts, figures.")


@router.get("/queue", summary="Look at the head of the review queue")
@allows(Access.REVIEWER, keys={"events:read", "feedback:read"})
def see_queue(
    query: Annotated[QueueQuery, Query()], session: DbSession, caller: Caller, services: Review
) -> ReviewList:
    """What most needs a person: open hits first, then requests for a second opinion, then doubtful reads."""
    wanted = QueueFilter(caller.scope, frozenset(query.camera_id))
    found = review_queue.top(session, wanted, limit=query.limit)
    known = known_to(caller, session, [review.event for review in found])
    return ReviewList(items=[review_out(review, services.blobs, known) for review in found])


@router.post("/claims", summary="Claim the next events to review")
@allows(Access.REVIEWER)
def claim_next(body: ClaimIn, session: DbSession, caller: Caller, services: Review) -> ReviewList:
    """Events that nobody else works on. A claim ends with the verdict, when it is released, or with its lease."""
    claimed = review_queue.claim_next(
        session,
        verdicts.person(caller),
        QueueFilter(caller.scope, body.camera_ids),
        count=body.count,
        settings=services.review,
    )
    known = known_to(caller, session, [review.event for review in claimed])
    return ReviewList(items=[review_out(review, services.blobs, known) for review in claimed])


@router.get("/agreement", summary="Compare machine and people")
@allows(Access.REVIEWER, keys={"feedback:read"})
def get_agreement(query: Annotated[AgreementParameters, Query()], session: DbSession, caller: Caller) -> AgreementList:
    """How often people found the machine's read right, by camera and ISO week of capture."""
    figures = agreement.agreement(session, query.query(), scope=caller.scope)
    return AgreementList(items=[AgreementOut.model_validate(one) for one in figures])


@router.get("/events/{event_id}", summary="List the verdicts on an event")
@allows(Access.REVIEWER, keys={"events:read", "feedback:read"})
def get_verdicts(event_id: UUID, session: DbSession, caller: Caller) -> VerdictList:
    """All verdicts, the newest first; the first that is not undone holds."""
    found = verdicts.history(session, event_id, scope=caller.scope)
    return VerdictList(items=[verdict_out(one) for one in found])


@router.post(
    "/events/{event_id}",
    status_code=201,
    summary="Judge a read",
    responses={200: {"model": VerdictOut, "description": "The same verdict was given before"}},
)
@allows(Access.REVIEWER, audits={"event.reviewed"})
def give_verdict(
    event_id: UUID,
    body: VerdictIn,
    caller: Caller,
    services: Review,
    promises: Promises,
    response: Response,
) -> VerdictOut:
    """Confirm, correct or reject what the machine read; the read itself stays. Sent twice, it counts once."""
    with promises.transaction() as session:
        given, new = verdicts.give(session, caller, event_id, body.opinion(), matcher=services.matcher)
        shown = verdict_out(given)
    if not new:
        response.status_code = 200
    return shown


@router.put("/events/{event_id}/claim", summary="Claim an event, or renew the claim")
@allows(Access.REVIEWER)
def claim_event(event_id: UUID, session: DbSession, caller: Caller, services: Review) -> ReviewOut:
    """Keep others from working on this event; refused while another reviewer does."""
    claimed = review_queue.claim(
        session, verdicts.person(caller), event_id, scope=caller.scope, lease=services.review.lease
    )
    return review_out(claimed, services.blobs, known_to(caller, session, [claimed.event]))


@router.delete("/events/{event_id}/claim", status_code=204, summary="Release an event")
@allows(Access.REVIEWER)
def release_event(event_id: UUID, session: DbSession, caller: Caller) -> None:
    """Give the event back to the queue."""
    review_queue.release(session, verdicts.person(caller), event_id, scope=caller.scope)


@router.post("/events/{event_id}/second-opinion", status_code=202, summary="Ask for a second opinion")
@allows(Access.REVIEWER)
def ask_second_opinion(
    event_id: UUID, body: SecondOpinionIn, session: DbSession, caller: Caller, services: Review
) -> ReviewOut:
    """Put the event before another reviewer, with priority. A verdict that stands holds until then."""
    asked = review_queue.ask_second_opinion(session, verdicts.person(caller), event_id, body.note, scope=caller.scope)
    return review_out(asked, services.blobs, known_to(caller, session, [asked.event]))


@router.post("/verdicts/{verdict_id}/undo", summary="Undo a verdict")
@allows(Access.REVIEWER, audits={"event.review_undone"})
def undo_verdict(verdict_id: UUID, caller: Caller, services: Review, promises: Promises) -> VerdictOut:
    """Take back one's own verdict; administrators anybody's. The one before it holds again."""
    with promises.transaction() as session:
        return verdict_out(verdicts.undo(session, caller, verdict_id, matcher=services.matcher))
