import threading

import pytest

from anpr import tracing


def test_a_lambda_passes_its_requests_header_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("_X_AMZN_TRACE_ID", raising=False)
    assert tracing.current_header() is None
    for header in ("Root=1-0-1;Parent=a;Sampled=1", "Root=1-0-2;Parent=b;Sampled=0"):
        # Lambda writes it anew for each request.
        monkeypatch.setenv("_X_AMZN_TRACE_ID", header)
        assert tracing.current_header() == header


def test_what_is_continued_holds_inside_and_in_this_thread_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("_X_AMZN_TRACE_ID", "outer")
    seen: list[str | None] = []

    def look() -> None:
        seen.append(tracing.current_header())

    with tracing.continued("inner"):
        with tracing.continued(None):
            look()
        thread = threading.Thread(target=look)
        thread.start()
        thread.join()
    look()

    assert seen == ["inner", "outer", "outer"]
