"""The servers' image, as far as it can be shown without docker: its steps are run in a clean virtual environment."""

from pathlib import Path

import pytest

from infra.packaging import ROOT
from tests.infra.dockerfile import Build, exec_form, read


@pytest.mark.timeout(600)
@pytest.mark.xdist_group("packaging")
def test_the_steps_make_processes_that_start_in_a_clean_environment(tmp_path: Path) -> None:
    made = read(ROOT / "server" / "Dockerfile", {})
    build = Build(ROOT, tmp_path / "root", moved=("/opt/anpr",))
    (tmp_path / "root").mkdir(exist_ok=True)

    for name in ("packages", "server"):
        build.run(made[name])

    start = exec_form(made["server"].of("ENTRYPOINT")[-1])
    assert "api,reader,background,migrate,task" in build.shell(f"{start} --help")
    build.shell("/opt/anpr/venv/bin/python -m anpr init --dir /opt/anpr/keys")
    assert (tmp_path / "root/opt/anpr/keys/admin.json").is_file()
