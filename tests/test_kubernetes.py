"""deploy/kubernetes: what a cluster is told is valid, grants no more than it must, and is what the processes read."""

import copy
import os
import re
import subprocess
import time
import tomllib
from pathlib import Path
from typing import Any, Final

import pytest
import yaml

from functions.api.groups import reader
from functions.api.whole import segments_of
from infra import kubernetes
from infra.packaging import ROOT
from tests.deployed import missing, unknown

Manifest = dict[str, Any]
RENDERED: Final[dict[str, list[Manifest]]] = {name: kubernetes.render(name) for name in kubernetes.overlays()}
COMPOSE: Final[Manifest] = yaml.safe_load((ROOT / "compose.yaml").read_text())
COMPONENT: Final = "app.kubernetes.io/component"
PROCESSES: Final = ("api", "background", "migrate", "reader", "stream", "worker")
WORKLOADS: Final = [(overlay, process) for overlay in RENDERED for process in PROCESSES]


def of_kind(overlay: str, *kinds: str) -> list[Manifest]:
    return [document for document in RENDERED[overlay] if document["kind"] in kinds]


def pod(overlay: str, process: str) -> Manifest:
    (found,) = (each for each in of_kind(overlay, "Deployment", "Job") if each["metadata"]["name"] == process)
    spec: Manifest = found["spec"]["template"]["spec"]
    return spec


def variables(overlay: str, process: str) -> dict[str, str]:
    """What the process's container has in its environment, as the cluster would put it together."""
    container = pod(overlay, process)["containers"][0]
    maps = {document["metadata"]["name"]: document["data"] for document in of_kind(overlay, "ConfigMap")}
    told: dict[str, str] = {}
    for source in container["envFrom"]:
        told |= maps[source["configMapRef"]["name"]]
    return told | {each["name"]: each["value"] for each in container["env"]}


@pytest.mark.parametrize("overlay", RENDERED)
def test_every_overlay_is_what_kubernetes_and_keda_take(overlay: str) -> None:
    assert kubernetes.problems(RENDERED[overlay]) == []
    assert {document["kind"] for document in RENDERED[overlay]} >= {
        "ConfigMap", "Deployment", "HorizontalPodAutoscaler", "Ingress", "Job", "NetworkPolicy", "PodDisruptionBudget",
        "ScaledObject", "Service",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("kind", "path", "name"),
    [
        ("Deployment", ("spec", "template", "spec", "containers", 0), "livenesProbe"),
        ("NetworkPolicy", ("spec",), "podSelectors"),
        ("ScaledObject", ("spec",), "minReplicas"),
        ("ScaledObject", ("spec", "triggers", 0, "metadata"), "listlength"),
        ("TriggerAuthentication", ("spec", "secretTargetRef", 0), "secret"),
    ],
)
def test_a_field_that_nobody_knows_is_refused(kind: str, path: tuple[str | int, ...], name: str) -> None:
    document = copy.deepcopy(of_kind("cpu", kind)[0])
    place: Any = document
    for step in path:
        place = place[step]
    place[name] = {} if name == "livenesProbe" else "3"

    assert any(document["metadata"]["name"] in line for line in kubernetes.problems([document]))


@pytest.mark.parametrize(("overlay", "process"), WORKLOADS)
def test_a_pod_may_do_no_more_than_it_must(overlay: str, process: str) -> None:
    spec = pod(overlay, process)

    assert spec["securityContext"]["runAsNonRoot"]
    assert spec["securityContext"]["runAsUser"] == 10001
    assert spec["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
    assert not spec["automountServiceAccountToken"]
    # A Service called `anpr-server` would else set ANPR_SERVER_PORT.
    assert not spec["enableServiceLinks"]
    for container in [*spec["containers"], *spec.get("initContainers", [])]:
        may = container["securityContext"]
        assert not may["allowPrivilegeEscalation"]
        assert may["readOnlyRootFilesystem"]
        assert may["capabilities"] == {"drop": ["ALL"]}
        assert container["resources"]["limits"]["memory"]
        assert container["resources"]["requests"]["cpu"]
    for volume in spec["volumes"]:
        assert "hostPath" not in volume
        assert "emptyDir" not in volume or volume["emptyDir"]["sizeLimit"]


@pytest.mark.parametrize(("overlay", "process"), WORKLOADS)
def test_every_variable_is_one_that_the_mode_knows_and_none_is_missing(overlay: str, process: str) -> None:
    told = variables(overlay, process)

    assert missing(told, told["ANPR_MODE"]) == []
    assert missing(told | {"ANPR_S3_BUCKET": ""}, told["ANPR_MODE"]) == ["ANPR_S3_BUCKET"]
    assert unknown(told, told["ANPR_MODE"]) == []
    assert unknown(told | {"ANPR_SERVER_DRIAN_S": "1", "ANPR_BUS_NAME": "b"}, told["ANPR_MODE"]) == [
        "ANPR_BUS_NAME",
        "ANPR_SERVER_DRIAN_S",
    ]


@pytest.mark.parametrize(("overlay", "process"), WORKLOADS)
def test_a_process_has_time_to_give_back_what_it_is_at(overlay: str, process: str) -> None:
    spec, told = pod(overlay, process), variables(overlay, process)
    if process == "migrate":
        assert spec["restartPolicy"] == "Never"
        return
    container = spec["containers"][0]
    sleep = container.get("lifecycle", {}).get("preStop", {}).get("sleep", {}).get("seconds", 0)
    drain = {"worker": "ANPR_WORKER_DRAIN_S", "stream": None}.get(process, "ANPR_SERVER_DRAIN_S")
    seconds = 15 if drain is None else float(told[drain])

    assert spec["terminationGracePeriodSeconds"] >= sleep + seconds + 10


@pytest.mark.parametrize("process", ["background", "stream", "worker"])
@pytest.mark.parametrize(("age_s", "healthy"), [(0, True), (600, False), (None, False)])
def test_a_process_that_shows_no_life_is_started_anew(
    process: str, tmp_path: Path, age_s: float | None, *, healthy: bool
) -> None:
    container, told = pod("cpu", process)["containers"][0], variables("cpu", process)
    alive = told["ANPR_SERVER_LIVENESS_FILE" if process == "background" else "ANPR_WORKER_LIVENESS_FILE"]
    here = tmp_path / "alive"
    if age_s is not None:
        here.touch()
        os.utime(here, (time.time() - age_s,) * 2)

    for probe in ("livenessProbe", "startupProbe"):
        command = [part.replace(alive, str(here)) for part in container[probe]["exec"]["command"]]
        assert str(here) in command[-1]
        done = subprocess.run(command, capture_output=True, timeout=10, check=False)
        assert (done.returncode == 0) is healthy
    assert any(alive.startswith(mount["mountPath"]) for mount in container["volumeMounts"])


@pytest.mark.parametrize("overlay", RENDERED)
def test_what_points_at_a_process_finds_it(overlay: str) -> None:
    labels = {
        each["metadata"]["name"]: each["spec"]["template"]["metadata"]["labels"]
        for each in of_kind(overlay, "Deployment", "Job")
    }
    selectors = [
        *(each["spec"]["selector"] for each in of_kind(overlay, "Service")),
        *(each["spec"]["selector"]["matchLabels"] for each in of_kind(overlay, "PodDisruptionBudget", "Deployment")),
        *(each["spec"]["podSelector"]["matchLabels"] for each in of_kind(overlay, "NetworkPolicy")),
    ]
    for selector in selectors:
        assert any(selector.items() <= found.items() for found in labels.values()), selector
    targets = [each["spec"]["scaleTargetRef"]["name"] for each in of_kind(overlay, "HorizontalPodAutoscaler")]
    assert sorted(targets) == ["api", "reader"]
    assert [each["spec"]["scaleTargetRef"]["name"] for each in of_kind(overlay, "ScaledObject")] == ["worker"]
    # Whoever scales says how many; to apply the manifests again must not.
    for each in of_kind(overlay, "Deployment"):
        assert ("replicas" in each["spec"]) == (each["metadata"]["name"] in ("background", "stream"))


def test_a_supabase_project_is_asked_for_what_is_its_own() -> None:
    keys = {
        process: {item["key"] for item in pod("supabase", process)["volumes"][0]["secret"]["items"]}
        for process in PROCESSES
    }
    # Its Auth logs people in, its database keeps the queues, and its authority signs its certificates.
    assert not {"admin.json", "signing-key.json", "redis_url"} & set().union(*keys.values())
    assert all("supabase_ca" in each for each in keys.values())
    assert {variables("supabase", process)["ANPR_DB_PORT"] for process in PROCESSES if process != "migrate"} == {"6543"}
    assert variables("supabase", "migrate")["ANPR_DB_PORT"] == "5432"
    asked, here = (
        [each["metadata"]["query"] for each in document["spec"]["triggers"]]
        for document in (of_kind("supabase", "ScaledObject")[0], _postgres_scaling())
    )
    assert [query.replace("FROM anpr.", "FROM ") for query in asked] == here


def _postgres_scaling() -> Manifest:
    path = kubernetes.FOLDER / "components" / "postgres-queue" / "scaling.yaml"
    found: Manifest = next(yaml.safe_load_all(path.read_text()))
    return found


@pytest.mark.parametrize("overlay", RENDERED)
def test_nothing_is_let_in_but_clients_and_nothing_out_but_by_name(overlay: str) -> None:
    policies = {each["metadata"]["name"]: each["spec"] for each in of_kind(overlay, "NetworkPolicy")}

    assert policies["nothing"] == {
        "podSelector": {"matchLabels": {"app.kubernetes.io/part-of": "anpr"}},
        "policyTypes": ["Ingress", "Egress"],
    }
    let_in = {name: spec["podSelector"] for name, spec in policies.items() if spec.get("ingress")}
    assert let_in == {
        "clients": {"matchLabels": {COMPONENT: "api"}},
        "pictures": {"matchLabels": {COMPONENT: "reader"}},
    }
    for block in (each for to in policies["world"]["egress"] for each in to["to"] if "0.0.0.0/0" in str(each)):
        assert {"10.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.168.0.0/16"} <= set(block["ipBlock"]["except"])


@pytest.mark.parametrize(("overlay", "process"), WORKLOADS)
def test_images_are_those_that_compose_makes_at_this_version(overlay: str, process: str) -> None:
    version = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]
    spec = pod(overlay, process)
    server = COMPOSE["services"]["api"]["image"]
    kind = "worker-gpu" if (overlay, process) == ("gpu", "worker") else "worker"
    default = COMPOSE["services"][kind]["image"] if process in ("reader", "stream", "worker") else server
    name = re.sub(r"\$\{\w+:-([^:}]+):[^}]*\}", r"\1", default)

    for container in [*spec["containers"], *spec.get("initContainers", [])]:
        assert container["image"].rsplit("/", 1)[-1] == f"{name}:{version}"


@pytest.mark.parametrize("overlay", RENDERED)
def test_single_pictures_reach_the_process_that_reads_them(overlay: str) -> None:
    (ingress,) = of_kind(overlay, "Ingress")
    (rule,) = ingress["spec"]["rules"]
    paths = {path["path"]: path["backend"]["service"]["name"] for path in rule["http"]["paths"]}

    assert paths == {"/": "api"} | {f"/{segment}": "reader" for segment in segments_of(reader.GROUP)}
    assert pod(overlay, "reader")["containers"][0]["command"] == COMPOSE["services"]["reader"]["entrypoint"]
