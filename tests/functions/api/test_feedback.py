from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

from anpr.capture.passages import PlateBox
from anpr.models import Event, Role
from tests.builders import add_event
from tests.functions.api.client import Api, Reply

CORRECT = {"verdict": "corrected", "plate": "ls15 e8c", "region": "ie"}


def judge(api: Api, event: Event, body: Mapping[str, object], role: Role = Role.REVIEWER) -> Reply:
    return api.as_role(role).post(f"/feedback/events/{event.id}", body)


def test_a_reviewer_claims_corrects_and_undoes(api: Api) -> None:
    event = add_event(api.database, box=PlateBox(1, 2, 3, 4))

    claimed = api.reviewer.post("/feedback/claims", {"count": 5}).json()["items"]
    assert [one["event"]["id"] for one in claimed] == [str(event.id)]
    assert claimed[0]["claimed_by"] == str(api.users[Role.REVIEWER])
    assert api.admin.post("/feedback/claims", {}).json() == {"items": []}
    assert judge(api, event, {"verdict": "confirmed"}, Role.ADMIN).status == 409

    given = judge(api, event, CORRECT)
    assert given.status == 201
    verdict = given.json()
    assert (verdict["plate"], verdict["region"], verdict["undone_at"]) == ("LS15E8C", "ie", None)
    found = api.viewer.get(f"/events/{event.id}").json()
    assert (found["plate"], found["reviewed_plate"], found["review_status"]) == ("LS15EBC", "LS15E8C", "corrected")
    assert (found["effective_plate"], found["reviewed_region"], found["region"]["code"]) == ("LS15E8C", "ie", "gb")

    undone = api.reviewer.post(f"/feedback/verdicts/{verdict['id']}/undo")
    assert undone.json()["undone_by"] == str(api.users[Role.REVIEWER])
    assert api.viewer.get(f"/events/{event.id}").json()["review_status"] == "unreviewed"
    history = api.reviewer.get(f"/feedback/events/{event.id}").json()["items"]
    assert [one["id"] for one in history] == [verdict["id"]]


def test_both_plates_of_a_corrected_event_are_found(api: Api) -> None:
    event = add_event(api.database)
    judge(api, event, CORRECT)

    wanted = ["LS15EBC", "LS15E8C", "LS1*8C", "*5E8*", "LS15E8D"]
    options: list[dict[str, str]] = [{}, {}, {}, {}, {"match": "fuzzy"}]
    for plate, extra in zip(wanted, options, strict=True):
        reply = api.viewer.get("/events", params={"plate": plate, "reason": "case 7", **extra})
        assert [one["id"] for one in reply.json()["items"]] == [str(event.id)], plate


def test_an_unspecific_pattern_finds_corrections_too(api: Api) -> None:
    event = add_event(api.database)
    judge(api, event, {"verdict": "corrected", "plate": "ZZ15EBC"})
    day = {"captured_from": "2026-03-01T00:00:00Z", "captured_to": "2026-03-02T00:00:00Z", "reason": "case 7"}

    reply = api.viewer.get("/events", params={"plate": "?Z*", **day})

    assert [one["id"] for one in reply.json()["items"]] == [str(event.id)]


def test_the_bus_hears_of_a_verdict_at_once_or_later(api: Api) -> None:
    event = add_event(api.database)
    judge(api, event, CORRECT)
    assert "event.reviewed" in [told.type for told in api.bus.events]

    api.bus.down = True
    later = add_event(api.database)
    assert judge(api, later, CORRECT).status == 201


def test_the_same_verdict_sent_twice_is_one(api: Api) -> None:
    event = add_event(api.database)

    assert judge(api, event, CORRECT).json()["id"] == judge(api, event, CORRECT).json()["id"]


def test_a_verdict_must_name_the_one_it_replaces(api: Api) -> None:
    event = add_event(api.database)
    first = judge(api, event, CORRECT).json()["id"]

    refused = judge(api, event, {"verdict": "confirmed"}, Role.ADMIN)
    assert (refused.status, refused.json()["live_verdict"]) == (409, first)
    replaced = judge(api, event, {"verdict": "confirmed", "supersedes": first}, Role.ADMIN)
    assert replaced.json()["supersedes"] == first


def test_bad_verdicts_are_refused_in_words(api: Api) -> None:
    event = add_event(api.database)
    bodies: list[dict[str, object]] = [
        {},
        {"verdict": "perhaps"},
        {"verdict": "corrected"},
        {"verdict": "corrected", "plate": "?!"},
        {"verdict": "corrected", "plate": "A\u0000B"},
        {"verdict": "corrected", "plate": "ABC123", "region": "=cmd|"},
        {"verdict": "confirmed", "plate": "ABC123"},
        {"verdict": "rejected"},
        {"verdict": "confirmed", "reject_reason": "unreadable"},
        {"verdict": "confirmed", "supersedes": "the other"},
        {"verdict": "confirmed", "mood": "good"},
        {"verdict": "confirmed", "note": "x" * 1001},
    ]
    for body in bodies:
        reply = judge(api, event, body)
        assert reply.status == 422, body
        assert reply.headers["content-type"] == "application/problem+json"
    assert judge(api, event, {"verdict": "confirmed", "supersedes": str(uuid4())}).status == 409
    assert api.reviewer.post(f"/feedback/events/{uuid4()}", {"verdict": "confirmed"}).status == 404
    assert api.reviewer.post(f"/feedback/verdicts/{uuid4()}/undo").status == 404
    assert api.reviewer.post("/feedback/claims", {"count": 21}).status == 422
    assert api.viewer.get(f"/events/{event.id}").json()["review_status"] == "unreviewed"


def test_a_claim_is_renewed_and_released(api: Api) -> None:
    event = add_event(api.database)
    path = f"/feedback/events/{event.id}/claim"

    until = datetime.fromisoformat(api.reviewer.request("PUT", path).json()["claimed_until"])
    assert timedelta(minutes=8) < until - datetime.now(UTC) <= timedelta(minutes=10)
    assert api.admin.request("PUT", path).status == 409
    assert api.reviewer.delete(path).status == 204
    assert api.admin.request("PUT", path).status == 200


def test_a_second_opinion_is_anothers(api: Api) -> None:
    event = add_event(api.database)
    judge(api, event, {"verdict": "confirmed"})

    asked = api.reviewer.post(f"/feedback/events/{event.id}/second-opinion", {"note": "O or 0?"}).json()
    assert (asked["second_opinion"], asked["second_opinion_note"], asked["open"]) == (True, "O or 0?", True)
    assert judge(api, event, CORRECT).status == 409
    queue = api.admin.get("/feedback/queue").json()["items"]
    assert [UUID(one["event"]["id"]) for one in queue] == [event.id]
    assert judge(api, event, CORRECT, Role.ADMIN).json()["second_opinion"] is True

    week = {"captured_from": "2026-02-01T00:00:00Z", "captured_to": "2026-04-01T00:00:00Z"}
    (figures,) = api.reviewer.get("/feedback/agreement", params=week).json()["items"]
    assert (figures["week"], figures["corrected"], figures["disagreements"]) == ("2026-02-23", 1, 1)


def test_agreement_over_too_long_a_time_is_refused(api: Api) -> None:
    for start in ("2020-01-01T00:00:00Z", "2026-04-01T00:00:00Z"):
        params = {"captured_from": start, "captured_to": "2026-03-01T00:00:00Z"}
        assert api.reviewer.get("/feedback/agreement", params=params).status == 422
