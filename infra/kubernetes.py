"""`python -m infra.kubernetes`: renders each overlay of deploy/kubernetes and refuses what a cluster would.

Rendered by kubectl, offline; held to Kubernetes' own schemas, strictly: a field that they do not know is an error, as
a cluster would take it and do nothing. KEDA's kinds are held to what its documentation says of them.
"""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any, Final

import jsonschema
import kubernetes_validate
import yaml

from infra.packaging import ROOT

FOLDER: Final = ROOT / "deploy" / "kubernetes"
VERSIONS: Final = ("1.33", "1.37")
"""The oldest and the newest Kubernetes that the manifests are held to."""

_TIMEOUT_S: Final = 60
_KEDA: Final = "keda.sh/"


def overlays() -> list[str]:
    """Names of the overlays, sorted."""
    return sorted(path.parent.name for path in (FOLDER / "overlays").glob("*/kustomization.yaml"))


def render(overlay: str) -> list[dict[str, Any]]:
    """Everything that an overlay makes, as `kubectl apply -k` would send it.

    Raises:
        subprocess.CalledProcessError: kustomize refuses it; its reason is in `stderr`.
    """
    done = subprocess.run(  # noqa: S603 - a program of this environment, on this repository's files
        [str(Path(sys.executable).parent / "kubectl"), "kustomize", str(FOLDER / "overlays" / overlay)],
        capture_output=True,
        text=True,
        timeout=_TIMEOUT_S,
        check=True,
    )
    return [document for document in yaml.safe_load_all(done.stdout) if document]


def problems(documents: list[dict[str, Any]]) -> list[str]:
    """What is wrong with rendered manifests, a line each."""
    schema = json.loads((FOLDER / "keda.schema.json").read_text())
    wrong = []
    for document in documents:
        name = f"{document.get('kind')}/{document.get('metadata', {}).get('name')}"
        if str(document.get("apiVersion")).startswith(_KEDA):
            error = jsonschema.exceptions.best_match(jsonschema.Draft202012Validator(schema).iter_errors(document))
            wrong += [] if error is None else [f"{name}: {_where(error)}: {error.message}"]
            continue
        for version in VERSIONS:
            try:
                kubernetes_validate.validate(document, version, strict=True)
            except kubernetes_validate.ValidationError as error:
                wrong.append(f"{name}, Kubernetes {version}: {_where(error)}: {error.message}")
            except kubernetes_validate.SchemaNotFoundError as error:
                wrong.append(f"{name}, Kubernetes {version}: {error.message}")
    return wrong


def _where(error: Any) -> str:
    return ".".join(map(str, error.path)) or "the whole"


def main() -> int:
    """Check every overlay; returns the exit status: 1 if anything is wrong."""
    wrong = []
    for overlay in overlays():
        try:
            documents = render(overlay)
        except subprocess.CalledProcessError as error:
            wrong.append(f"{overlay}: {error.stderr.strip()}")
            continue
        wrong += [f"{overlay}: {line}" for line in problems(documents)]
        sys.stdout.write(f"{overlay}: {len(documents)} objects\n")
    for line in wrong:
        sys.stderr.write(f"{line}\n")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
