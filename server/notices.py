"""/notices: the links in e-mails. A page with a button, since mail servers follow links to look where they lead."""

from html import escape
from urllib.parse import parse_qs

from starlette.concurrency import run_in_threadpool
from starlette.responses import HTMLResponse
from starlette.types import Receive, Scope, Send

from anpr import bootstrap
from anpr.adapters.selfhost import mailing, notices
from anpr.db import Database
from anpr.errors import AnprError, NotFound

PREFIX = "/notices/"
_ASKED = {
    notices.CONFIRM: ("Be told of this?", "This address will be sent notices.", "Yes, tell me"),
    notices.UNSUBSCRIBE: ("Be told no more?", "This address will be sent no more notices of this kind.", "Unsubscribe"),
}
_DONE = {
    notices.CONFIRM: ("Confirmed", "You will be told from now on. Each e-mail has a link that ends it."),
    notices.UNSUBSCRIBE: ("Unsubscribed", "You will not be told any more."),
}


class NoticePages:
    """ASGI application of these pages."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        action = scope["path"].removeprefix(PREFIX)
        token = parse_qs(scope["query_string"].decode("latin-1")).get("token", [""])[0]
        try:
            if action not in _DONE or scope["method"] not in ("GET", "POST"):
                raise NotFound("There is no such page.")
            answer = await run_in_threadpool(self._answer, action, token, act=scope["method"] == "POST")
        except AnprError as error:
            answer = HTMLResponse(_page(error.title, error.detail), status_code=error.status)
        answer.headers["cache-control"] = "no-store"
        answer.headers["referrer-policy"] = "no-referrer"
        await answer(scope, receive, send)

    def _answer(self, action: str, token: str, *, act: bool) -> HTMLResponse:
        subscription_id = notices.signed_for(mailing.link_key(bootstrap.secret_store()), action, token)
        if not act:
            title, text, button = _ASKED[action]
            return HTMLResponse(_page(title, text, button=button))
        if action == notices.CONFIRM:
            notices.confirm(self._database, subscription_id)
        else:
            notices.end(self._database, subscription_id)
        return HTMLResponse(_page(*_DONE[action]))


def _page(title: str, text: str, *, button: str | None = None) -> str:
    form = "" if button is None else f'<form method="post"><button>{escape(button)}</button></form>'
    return (
        '<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">'
        f"<title>{escape(title)}</title><main><h1>{escape(title)}</h1><p>{escape(text)}</p>{form}</main></html>\n"
    )
