"""POST /events/{id}/evidence: what an evidence sheet proves, and the record that it was made."""

from uuid import uuid4

from tests.builders import add_event, add_upload
from tests.functions.api.client import Api


def test_evidence_names_the_file_and_its_own_audit_record(api: Api) -> None:
    event = add_event(api.database, upload=add_upload(api.database, source_sha256="ab" * 32, source_version_id="v7"))

    taken = api.viewer.post(f"/events/{event.id}/evidence", {"reason": "case 4711"})

    assert taken.status == 201
    proof = taken.json()
    assert (proof["source_sha256"], proof["source_version_id"]) == ("ab" * 32, "v7")
    assert (proof["upload_id"], proof["taken_by"]) == (str(event.upload_id), "viewer@example.org")
    [record] = api.admin.get("/admin/audit", params={"target": f"event:{event.id}"}).json()["items"]
    assert (record["action"], record["reason"]) == ("event.evidence_taken", "case 4711")
    assert (record["seq"], record["hash"]) == (proof["audit_seq"], proof["audit_hash"])
    assert record["detail"]["plate"] == "LS15EBC"


def test_evidence_needs_a_reason_and_a_passage(api: Api) -> None:
    event = add_event(api.database)

    assert api.viewer.post(f"/events/{event.id}/evidence", {}).status == 422
    assert api.viewer.post(f"/events/{uuid4()}/evidence", {"reason": "case 4711"}).status == 404
    assert api.admin.get("/admin/audit", params={"target": f"event:{event.id}"}).json()["items"] == []
