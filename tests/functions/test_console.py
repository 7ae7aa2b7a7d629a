"""The console as browsers get it: addresses, caching, and the policy that keeps strangers' scripts out."""

import base64
import gzip
import hashlib
import json
import re
from dataclasses import replace
from html import escape
from pathlib import Path
from typing import Any

import pytest

from functions.console import handler as function
from functions.console.settings import ConsoleSettings
from functions.console.site import ROOT, console_site
from infra.environments import PROD
from tests.lambda_context import lambda_context

INDEX = "/console/index.html"


def ask(path: str, **headers: str) -> dict[str, Any]:
    """Ask the function as API Gateway does."""
    event = {
        "version": "2.0",
        "routeKey": "ANY /console/{proxy+}",
        "rawPath": path,
        "rawQueryString": "",
        "headers": {
            "host": "console.example.org",
            **{name.replace("_", "-"): value for name, value in headers.items()},
        },
        "requestContext": {
            "requestId": "1",
            "stage": "$default",
            "http": {"method": "GET", "path": path, "protocol": "HTTP/1.1", "sourceIp": "192.0.2.1"},
        },
        "isBase64Encoded": False,
    }
    return function.handler(event, lambda_context("console"))


@pytest.fixture(autouse=True)
def media(monkeypatch: pytest.MonkeyPatch, event_loop_for_mangum: None) -> None:
    monkeypatch.setenv("ANPR_CONSOLE_MEDIA_ORIGIN", "https://bucket.example.org/some/path")
    function._adapter.cache_clear()


def content(reply: dict[str, Any]) -> bytes:
    return base64.b64decode(reply["body"]) if reply["isBase64Encoded"] else reply["body"].encode()


@pytest.mark.parametrize("path", ["/", "/console"])
def test_the_root_leads_to_the_page_by_a_relative_address(path: str) -> None:
    reply = ask(path)

    assert (reply["statusCode"], reply["headers"]["location"]) == (307, "./console/index.html")


def test_the_page_is_asked_for_each_time_and_what_it_names_is_kept_for_ever() -> None:
    page = ask(INDEX)
    assert page["statusCode"] == 200
    assert page["headers"]["cache-control"] == "no-cache"
    assert ask(INDEX, if_none_match=page["headers"]["etag"])["statusCode"] == 304

    named = re.findall(r'(?:src|href)="\./(@[^"]+)"', page["body"]) + re.findall(r'"\./(@[^"]+\.m?js)"', page["body"])
    assert "app/main.js" in {name.split("/", 1)[1] for name in named}
    for name in named:
        reply = ask(f"/console/{name}")
        assert reply["statusCode"] == 200, name
        assert "immutable" in reply["headers"]["cache-control"], name
        assert reply["headers"]["content-type"].split(";")[0] in ("text/javascript", "text/css"), name


def test_what_an_old_page_names_is_there_still_but_not_for_ever() -> None:
    reply = ask("/console/@0123456789abcdef/app/main.js")

    assert (reply["statusCode"], reply["headers"]["cache-control"]) == (200, "no-cache")


def test_every_module_that_the_page_begins_with_is_named_in_it() -> None:
    """A browser would find out about each only when it has read the one that imports it."""
    page = ask(INDEX)["body"]
    named = {Path(name).name for name in re.findall(r'modulepreload" href="([^"]+)"', page)}

    assert {"main.js", "shell.js", "login.js", "client.js", "operations.js", "en.js"} <= named
    assert not named & {"live.js", "search.js", "de.js"}


def test_the_policy_lets_in_our_own_files_and_the_storages_pictures_and_nothing_else() -> None:
    reply = ask(INDEX)
    policy = {
        directive.split(" ")[0]: set(directive.split(" ")[1:])
        for directive in reply["headers"]["content-security-policy"].split("; ")
    }
    [import_map] = re.findall(r'<script type="importmap">(.*?)</script>', reply["body"])
    digest = base64.b64encode(hashlib.sha256(import_map.encode()).digest()).decode()

    assert policy["default-src"] == {"'none'"}
    assert policy["script-src"] == {"'self'", f"'sha256-{digest}'"}
    assert policy["style-src"] == {"'self'"}
    assert policy["img-src"] == {"'self'", "data:", "https://bucket.example.org"}
    assert policy["connect-src"] == {"'self'", "https://bucket.example.org"}
    for directive in ("frame-ancestors", "base-uri", "form-action"):
        assert policy[directive] == {"'none'"}, directive
    assert "unsafe" not in reply["headers"]["content-security-policy"]
    # One script that is no file: what it is, its hash says.
    assert re.findall(r"<script(?![^>]*src=)[^>]*>", reply["body"]) == ['<script type="importmap">']
    assert not re.search(r"<style|\sstyle=|\son\w+=", reply["body"])
    assert json.loads(import_map)["imports"].keys() == {"preact", "preact/hooks", "htm"}


@pytest.mark.parametrize("origin", ["bucket.example.org", "ftp://bucket.example.org", "https://a.org; script-src *"])
def test_what_is_no_origin_keeps_the_console_from_starting(origin: str) -> None:
    with pytest.raises(ValueError, match="address of a server"):
        ConsoleSettings(media_origin=origin)


def test_the_map_asks_only_whoever_the_operator_names(monkeypatch: pytest.MonkeyPatch) -> None:
    assert "map-style" not in ask(INDEX)["body"]
    style = "https://tiles.example.org/{z}/{x}/{y}.png?a=1&b=<2>"
    monkeypatch.setenv("ANPR_CONSOLE_MAP_STYLE", style)
    monkeypatch.setenv("ANPR_CONSOLE_MAP_ATTRIBUTION", "<b>Example</b>")
    monkeypatch.setenv("ANPR_CONSOLE_MAP_ORIGIN", "https://fonts.example.org/x")
    function._adapter.cache_clear()
    page = ask(INDEX)

    policy = page["headers"]["content-security-policy"]
    for directive in ("img-src", "connect-src"):
        [sources] = [one for one in policy.split("; ") if one.startswith(directive)]
        assert {"https://tiles.example.org", "https://fonts.example.org"} <= set(sources.split(" "))
    # Told as text: what an operator writes is no markup.
    assert f'<meta name="map-style" content="{escape(style)}">' in page["body"]
    assert '<meta name="map-attribution" content="&lt;b&gt;Example&lt;/b&gt;">' in page["body"]


@pytest.mark.parametrize("style", ["tiles.example.org/style.json", "https://a.org/x; script-src *"])
def test_what_is_no_address_of_a_style_keeps_the_console_from_starting(style: str) -> None:
    with pytest.raises(ValueError, match="address of a server"):
        ConsoleSettings(map_style=style)


def test_where_people_log_in_is_in_the_page_and_in_its_policy_only_where_it_is_elsewhere(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert "auth-url" not in ask(INDEX)["body"]
    monkeypatch.setenv("ANPR_CONSOLE_AUTH_URL", "https://project.supabase.co/auth/v1")
    monkeypatch.setenv("ANPR_CONSOLE_AUTH_KEY", 'a"key')
    function._adapter.cache_clear()

    told = ask(INDEX)

    assert '<meta name="auth-url" content="https://project.supabase.co/auth/v1">' in told["body"]
    assert '<meta name="auth-key" content="a&quot;key">' in told["body"]
    policy = told["headers"]["content-security-policy"]
    assert "connect-src 'self' https://bucket.example.org https://project.supabase.co;" in policy


def test_text_is_compressed_for_whoever_takes_that() -> None:
    plain, packed = ask("/console/app/main.js"), ask("/console/app/main.js", accept_encoding="br, gzip")

    assert "content-encoding" not in plain["headers"]
    assert packed["headers"]["content-encoding"] == "gzip"
    assert packed["headers"]["vary"] == "accept-encoding"
    assert gzip.decompress(content(packed)) == content(plain) == (ROOT / "app" / "main.js").read_bytes()


@pytest.mark.parametrize(
    "path",
    [
        "/console/package.json",
        "/console/tsconfig.json",
        "/console/node_modules/preact/package.json",
        "/console/app/../package.json",
        "/console/%2e%2e/pyproject.toml",
        "/console/app/api/schema.d.ts",
        "/console/@x/",
        "/elsewhere",
    ],
)
def test_nothing_but_the_consoles_own_files_is_served(path: str) -> None:
    assert ask(path)["statusCode"] == 404


def test_each_answer_says_what_it_is_and_who_may_use_it() -> None:
    for path in (INDEX, "/console/app/main.js", "/console/icon.svg", "/console/nothing"):
        headers = ask(path)["headers"]
        assert headers["x-content-type-options"] == "nosniff", path
        assert headers["referrer-policy"] == "no-referrer", path


def test_the_first_view_is_light() -> None:
    """Index, styles, all that is imported at once, and the page that is shown first: at most 150 kB compressed."""
    page = ask(INDEX)["body"]
    first = {name.split("/", 1)[1] for name in re.findall(r'"\./(@[^"]+)"', page)}
    first |= {f"app/{name}" for name in ("pages/live.js", "styles/live.css", "styles/passage.css")}
    for folder in ("components", "lib", "passage"):
        first |= {str(path.relative_to(ROOT)) for path in (ROOT / "app" / folder).iterdir()}

    assert sum(len(gzip.compress((ROOT / name).read_bytes())) for name in first) <= 150_000


def test_a_call_of_our_own_schedule_is_no_request() -> None:
    assert function.handler({}, lambda_context("console")) == {}


def test_any_process_can_serve_it_beside_the_api() -> None:
    """The application itself, as the function uses it, is plain ASGI."""
    application = console_site(ConsoleSettings(media_origin=None))

    assert {route.path for route in application.routes} == {"/", "/console", "/console/{path:path}"}  # type: ignore[attr-defined]


def test_an_environment_s_map_is_what_the_function_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    style = "https://tiles.example.org/style.json"
    environment = replace(PROD, map_style=style, map_attribution="Example", map_origin="https://fonts.example.org")
    for name, value in environment.map_variables.items():
        monkeypatch.setenv(name, value)
    told = ConsoleSettings()
    assert (told.map_style, told.map_attribution, told.map_origin) == (style, "Example", "https://fonts.example.org")
    assert PROD.map_variables == {}
