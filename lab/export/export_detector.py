"""Export the default plate detector from the `safelicensing` wheel to ONNX.

Run in a throw-away environment, never in the product's (torch, and AGPL-3.0 ultralytics):

    python3.11 -m venv /tmp/export
    /tmp/export/bin/pip install torch==2.13.0 numpy onnx onnxruntime onnxslim opencv-python-headless pillow pyyaml \
        psutil polars requests tqdm matplotlib scipy
    /tmp/export/bin/pip install --no-deps ultralytics==8.4.190 ultralytics-thop torchvision safelicensing==1.0.3
    /tmp/export/bin/python lab/export/export_detector.py gpu_worker/models/plate_yolov8n.onnx
"""

import hashlib
import importlib.metadata
import importlib.util
import shutil
import sys
import tempfile
from pathlib import Path

import onnx
import torch

# PyPI's torchvision is a CUDA build and does not import beside a CPU torch unless its operators are declared first.
# The export never calls them.
for _schema in (
    "nms(Tensor dets, Tensor scores, float iou_threshold) -> Tensor",
    "qnms(Tensor dets, Tensor scores, float iou_threshold) -> Tensor",
):
    torch.library.define(f"torchvision::{_schema.split('(')[0]}", _schema.removeprefix(_schema.split("(")[0]))

from ultralytics import YOLO  # noqa: E402  - must follow the operator declarations above

PACKAGE = "safelicensing"
VERSION = "1.0.3"
WEIGHTS_SHA256 = "13fe46504f4609387768cfa4270624a6d386c42efa496f1805df6305c14e597f"


def wheel_weights() -> Path:
    """Return the path of `best.pt` inside the installed wheel, checked by version and digest."""
    installed = importlib.metadata.version(PACKAGE)
    if installed != VERSION:
        raise SystemExit(f"{PACKAGE} {VERSION} is needed, {installed} is installed")
    spec = importlib.util.find_spec(PACKAGE)
    if spec is None or spec.origin is None:
        raise SystemExit(f"{PACKAGE} is not installed")
    path = Path(spec.origin).with_name("best.pt")
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    if digest != WEIGHTS_SHA256:
        raise SystemExit(f"{path} has sha256 {digest}, expected {WEIGHTS_SHA256}")
    return path


def export(target: Path) -> None:
    """Write the detector as ONNX with dynamic batch, height and width."""
    with tempfile.TemporaryDirectory() as folder:
        weights = Path(shutil.copy(wheel_weights(), folder))  # ultralytics writes beside its input
        exported = YOLO(weights).export(format="onnx", dynamic=True, opset=17, simplify=True)
        model = onnx.load(exported)
    # The exporter stamps the date into the file and orders the optional shape hints by hash; without both, the same
    # weights give the same digest.
    del model.graph.value_info[:]
    stamped = [p for p in model.metadata_props if p.key != "date"]
    del model.metadata_props[:]
    model.metadata_props.extend(stamped)
    target.write_bytes(model.SerializeToString(deterministic=True))


if __name__ == "__main__":
    destination = Path(sys.argv[1])
    export(destination)
    sys.stdout.write(f"{hashlib.sha256(destination.read_bytes()).hexdigest()}  {destination}\n")
