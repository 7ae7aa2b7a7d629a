"""/bolos/lists: lists of wanted plates, their audience, and their entries as CSV."""

from typing import Annotated, cast
from uuid import UUID

from fastapi import Body, Depends, Header, Query, Response

from anpr.alerts.bolos import csv_import, lists, subscriptions
from anpr.alerts.bolos.lists import ListFields
from functions.api.access import Access, allows
from functions.api.dependencies import CallerActor, DbSession
from functions.api.resource import Resource
from functions.api.schemas.bolos import (
    ExportQuery,
    ImportOut,
    ImportQuery,
    ListIn,
    ListOut,
    ListPage,
    ListPatch,
    ListQuery,
    SubscriptionIn,
    SubscriptionList,
    SubscriptionOut,
    import_out,
    inflated,
)
from functions.api.schemas.common import page_fields
from functions.api.services.alerts import Alerts

CSV = "text/csv"
GZIP = "application/gzip"
MAX_IMPORT_BYTES = 6 * 1024**2
"""What a Lambda takes in one request; a larger file goes in gzip."""

router = Resource("/bolos/lists", tag="bolos")


@router.get("", summary="List the lists")
@allows(Access.VIEWER, keys={"bolos:read"})
def list_bolo_lists(query: Annotated[ListQuery, Query()], session: DbSession) -> ListPage:
    """All lists, newest first."""
    return ListPage.model_validate(page_fields(lists.find(session, query.page("bolo-lists"))))


@router.post("", status_code=201, summary="Make a list")
@allows(Access.ADMIN, keys={"bolos:write"}, audits={"bolo_list.created"})
def create_bolo_list(body: ListIn, session: DbSession, actor: CallerActor) -> ListOut:
    """Make a list; its name must be new."""
    return ListOut.model_validate(lists.create(session, actor, cast("ListFields", body.model_dump())))


@router.get("/{list_id}", summary="Get a list")
@allows(Access.VIEWER, keys={"bolos:read"})
def get_bolo_list(list_id: UUID, session: DbSession) -> ListOut:
    """One list."""
    return ListOut.model_validate(lists.get(session, list_id))


@router.patch("/{list_id}", summary="Change a list")
@allows(Access.ADMIN, keys={"bolos:write"}, audits={"bolo_list.changed"})
def change_bolo_list(list_id: UUID, body: ListPatch, session: DbSession, actor: CallerActor) -> ListOut:
    """Change what is given. With `active` false its entries match nothing."""
    fields = cast("ListFields", body.model_dump(exclude_unset=True))
    return ListOut.model_validate(lists.update(session, actor, list_id, fields))


@router.delete("/{list_id}", status_code=204, summary="Remove a list")
@allows(Access.ADMIN, keys={"bolos:write", "events:read"}, everywhere=True, audits={"bolo_list.deleted"})
def delete_bolo_list(list_id: UUID, session: DbSession, actor: CallerActor, services: Alerts) -> None:
    """Remove a list that never had a hit, with its entries; one that has can be made inactive."""
    lists.delete(session, actor, list_id, services.notifier)


@router.get("/{list_id}/subscriptions", summary="List who is told of a list's hits")
@allows(Access.ADMIN, keys={"bolos:read"}, everywhere=True)
def list_subscriptions(list_id: UUID, session: DbSession) -> SubscriptionList:
    """Everybody who is told by e-mail or SMS."""
    found = subscriptions.find(session, list_id)
    return SubscriptionList(items=[SubscriptionOut.model_validate(one) for one in found])


@router.post("/{list_id}/subscriptions", status_code=201, summary="Tell somebody of a list's hits")
@allows(
    Access.ADMIN,
    keys={"bolos:write", "events:read"},
    everywhere=True,
    audits={"bolo_list.subscribed", "bolo_list.unsubscribed"},
)
def create_subscription(list_id: UUID, body: SubscriptionIn, actor: CallerActor, services: Alerts) -> SubscriptionOut:
    """By e-mail, once its owner followed the link that is sent to it; or by SMS."""
    recipient = body.channel, body.address
    made = subscriptions.subscribe(services.database, actor, list_id, recipient, services.notifier)
    return SubscriptionOut.model_validate(made)


@router.delete("/{list_id}/subscriptions/{subscription_id}", status_code=204, summary="Tell somebody no more")
@allows(Access.ADMIN, keys={"bolos:write"}, everywhere=True, audits={"bolo_list.unsubscribed"})
def delete_subscription(list_id: UUID, subscription_id: UUID, actor: CallerActor, services: Alerts) -> None:
    """End a subscription."""
    subscriptions.unsubscribe(services.database, actor, list_id, subscription_id, services.notifier)


def encoding_of(
    content_type: Annotated[str, Header(include_in_schema=False)] = "",
    content_encoding: Annotated[str, Header(description="`gzip` for a large file sent as `text/csv`.")] = "",
) -> str:
    """How a body is packed: by its encoding, or because it is a packed file as such."""
    return "gzip" if content_type.partition(";")[0].strip().lower() == GZIP else content_encoding


@router.post(
    "/{list_id}/import",
    summary="Import entries from CSV",
    max_body_size=MAX_IMPORT_BYTES,
    openapi_extra={"requestBody": {"content": {GZIP: {"schema": {"type": "string", "format": "binary"}}}}},
)
@allows(Access.REVIEWER, keys={"bolos:write"}, audits={"bolo_list.imported"})
def import_entries(
    list_id: UUID,
    query: Annotated[ImportQuery, Query()],
    content: Annotated[bytes, Body(media_type=CSV)],
    session: DbSession,
    actor: CallerActor,
    encoding: Annotated[str, Depends(encoding_of)],
) -> ImportOut:
    """Add a file's rows. The first line names the columns, of which `plate` is required.

    Commas, semicolons or tabs separate. A row for an entry that the list has changes that entry. Rows that are
    wrong are reported and left out. A large file comes packed, as `application/gzip`.
    """
    report = csv_import.load(
        session,
        actor,
        list_id,
        inflated(content, encoding),
        dry_run=query.dry_run,
        confirm_broad=query.confirm_broad,
    )
    return import_out(report)


@router.get(
    "/{list_id}/export",
    summary="Export entries as CSV",
    response_class=Response,
    responses={200: {"content": {CSV: {"schema": {"type": "string"}}}}},
)
@allows(Access.REVIEWER, keys={"bolos:read"})
def export_entries(list_id: UUID, query: Annotated[ExportQuery, Query()], session: DbSession) -> Response:
    """A list's entries, newest first, in the form of an import. A long one comes in parts: follow `Link`."""
    content, following = csv_import.dump(session, list_id, query.cursor)
    headers = {"content-disposition": f'attachment; filename="bolos-{list_id}.csv"'}
    if following is not None:
        headers["link"] = f'<export?cursor={following}>; rel="next"'
    return Response(content, media_type=CSV, headers=headers)
