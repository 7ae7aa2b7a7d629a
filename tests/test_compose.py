"""compose.yaml: what runs may do nothing that it need not, and says nothing that a process would refuse."""

import os
import re
from pathlib import Path
from typing import Any, Final

import pytest
import yaml

from anpr import bootstrap
from anpr.settings import DatabaseSettings, ModeSettings, StorageSettings
from infra.packaging import ROOT
from tests.deployed import missing, unknown

COMPOSE: Final[dict[str, Any]] = yaml.safe_load((ROOT / "compose.yaml").read_text())
SERVICES: Final[dict[str, dict[str, Any]]] = COMPOSE["services"]
OURS: Final = ("migrate", "api", "reader", "background", "worker", "worker-gpu", "stream")


@pytest.mark.parametrize("name", SERVICES)
def test_a_container_may_do_no_more_than_it_must(name: str) -> None:
    service = SERVICES[name]

    assert service["read_only"]
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert service["user"].startswith("${ANPR_UID")
    assert service["deploy"]["resources"]["limits"]["memory"]
    assert ("healthcheck" in service) or name == "migrate"
    assert ("ports" in service) == (name == "caddy")
    assert service.get("cap_add", []) == (["NET_BIND_SERVICE"] if name == "caddy" else [])


@pytest.mark.parametrize("name", OURS)
def test_what_a_process_is_told_is_what_it_understands(
    name: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    assert unknown(SERVICES[name]["environment"], "selfhost") == []
    assert missing(SERVICES[name]["environment"], "selfhost") == []
    for variable, value in SERVICES[name]["environment"].items():
        text = re.sub(r"\$\{\w+:-([^}]*)\}", r"\1", str(value)).replace("/run/anpr", str(tmp_path))
        monkeypatch.setenv(variable, text)
        if variable.endswith("_FILE") and "LIVENESS" not in variable:
            Path(text).write_text("redis://valkey:6379/0" if "REDIS" in variable else "secret")

    database = DatabaseSettings()
    assert ModeSettings().mode == "selfhost"
    assert (database.host, database.role) == ("postgres", None if name == "migrate" else "anpr_app")
    assert database.password is not None
    assert StorageSettings().endpoint_url == "http://files:8333"
    assert bootstrap.blob_store() is not None
    assert bootstrap.job_queue() is not None
    assert os.environ["ANPR_MAIL_HOST"] == ""
    assert bootstrap.notifier() is not None
