"""The compose files: what runs may do nothing that it need not, and says nothing that a process would refuse."""

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

FILES: Final[dict[str, dict[str, dict[str, Any]]]] = {
    name: yaml.safe_load((ROOT / name).read_text())["services"] for name in ("compose.yaml", "compose.supabase.yaml")
}
SERVICES: Final = FILES["compose.yaml"]
OURS: Final = ("migrate", "api", "reader", "background", "worker", "worker-gpu", "stream")


@pytest.mark.parametrize(("file", "name"), [(file, name) for file, services in FILES.items() for name in services])
def test_a_container_may_do_no_more_than_it_must(file: str, name: str) -> None:
    service = FILES[file][name]

    assert service["read_only"]
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert service["user"].startswith("${ANPR_UID")
    assert service["deploy"]["resources"]["limits"]["memory"]
    assert ("healthcheck" in service) or name == "migrate"
    assert ("ports" in service) == (name == "caddy")
    assert service.get("cap_add", []) == (["NET_BIND_SERVICE"] if name == "caddy" else [])


def tell(service: dict[str, Any], monkeypatch: pytest.MonkeyPatch, folder: Path, **given: str) -> None:
    """Set the environment of a service, with nothing but these set by whoever starts it."""
    for variable, value in service["environment"].items():
        text = re.sub(r"\$\{(\w+):-([^}]*)\}", lambda found: given.get(found[1], found[2]), str(value)).replace(
            "/run/anpr", str(folder)
        )
        monkeypatch.setenv(variable, text)
        if variable.endswith("_FILE") and "LIVENESS" not in variable:
            Path(text).write_text("redis://valkey:6379/0" if "REDIS" in variable else "secret")


@pytest.mark.parametrize("name", OURS)
def test_what_a_process_is_told_is_what_it_understands(
    name: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    assert unknown(SERVICES[name]["environment"], "selfhost") == []
    assert missing(SERVICES[name]["environment"], "selfhost") == []
    tell(SERVICES[name], monkeypatch, tmp_path)

    database = DatabaseSettings()
    assert ModeSettings().mode == "selfhost"
    assert (database.host, database.role) == ("postgres", None if name == "migrate" else "anpr_app")
    assert database.password is not None
    assert StorageSettings().endpoint_url == "http://files:8333"
    assert bootstrap.blob_store() is not None
    assert bootstrap.job_queue() is not None
    assert os.environ["ANPR_MAIL_HOST"] == ""
    assert bootstrap.notifier() is not None


PROJECT: Final = {
    "ANPR_SUPABASE_URL": "https://project.supabase.co",
    "ANPR_DB_URL": "postgresql://postgres.project@pooler.example:6543/postgres",
    "ANPR_DB_DIRECT_URL": "postgresql://postgres@db.project.supabase.co:5432/postgres",
    "ANPR_S3_ENDPOINT_URL": "https://project.storage.supabase.co/storage/v1/s3",
    "ANPR_S3_REGION": "eu-central-1",
    "ANPR_S3_ACCESS_KEY_ID": "key",
}
"""What docs/supabase.md has an operator set."""


@pytest.mark.parametrize("name", OURS)
def test_a_projects_processes_are_told_what_they_understand(
    name: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    service = FILES["compose.supabase.yaml"][name]
    assert unknown(service["environment"], "supabase") == []
    assert missing(service["environment"], "supabase") == []
    tell(service, monkeypatch, tmp_path, **PROJECT)

    database = DatabaseSettings()
    assert ModeSettings().mode == "supabase"
    assert (database.url is None, database.role) == (False, None if name == "migrate" else "anpr_app")
    assert f":{5432 if name == 'migrate' else 6543}/" in str(database.url)
    assert database.ssl
    assert database.ssl_root_cert == f"{tmp_path}/supabase-ca.crt"
    assert bootstrap.blob_store() is not None
    assert bootstrap.login_provider() is not None
    assert bootstrap.secret_store() is not None


def test_both_files_run_ours_alike() -> None:
    """What differs is what they are told, and whom they wait for."""
    for name in OURS:
        here, there = (
            {
                key: value
                for key, value in services[name].items()
                if key not in ("environment", "depends_on", "networks")
            }
            for services in FILES.values()
        )
        assert here == there, name
        assert "migrate" in FILES["compose.supabase.yaml"][name].get("depends_on", {"migrate": None})


def test_what_an_operator_has_to_set_is_in_the_docs() -> None:
    page = (ROOT / "docs" / "supabase.md").read_text()
    assert [name for name in PROJECT if name not in page] == []
