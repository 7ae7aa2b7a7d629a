"""Cut the head of RapidOCR's PP-OCRv6 recogniser down to the characters of number plates.

The published head has 18,710 classes, nearly all of them Chinese. A plate needs 46: the CTC blank, A-Z, 0-9 and the
separators that are printed between them. Keeping those columns of the last linear layer leaves the logits of the kept
classes as they were; only the softmax is then taken over fewer classes.

Run in a throw-away environment:

    python3.11 -m venv /tmp/export
    /tmp/export/bin/pip install onnx==1.23.2
    /tmp/export/bin/pip install --no-deps rapidocr==3.10.0
    /tmp/export/bin/python lab/export/export_recognizer.py gpu_worker/models/plate_ppocrv6.onnx
"""

import hashlib
import importlib.metadata
import importlib.util
import string
import sys
from pathlib import Path

import onnx
from onnx import numpy_helper

PACKAGE = "rapidocr"
VERSION = "3.10.0"
WEIGHTS = "models/PP-OCRv6_rec_small.onnx"
WEIGHTS_SHA256 = "6f327246b50388f3c176ae304bd95767ea6dc0c9ae92153ef8cbe210b3c14884"

SEPARATORS = "-./:*·•' "
ALPHABET = string.digits + string.ascii_uppercase + SEPARATORS
HEAD_WEIGHT, HEAD_BIAS = "linear_8.w_0", "linear_8.b_0"


def published_weights() -> Path:
    """Return the path of the recogniser inside the installed wheel, checked by version and digest."""
    installed = importlib.metadata.version(PACKAGE)
    if installed != VERSION:
        raise SystemExit(f"{PACKAGE} {VERSION} is needed, {installed} is installed")
    spec = importlib.util.find_spec(PACKAGE)
    if spec is None or spec.origin is None:
        raise SystemExit(f"{PACKAGE} is not installed")
    path = Path(spec.origin).parent / WEIGHTS
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    if digest != WEIGHTS_SHA256:
        raise SystemExit(f"{path} has sha256 {digest}, expected {WEIGHTS_SHA256}")
    return path


def cut_head(model: onnx.ModelProto) -> onnx.ModelProto:
    """Return a copy of `model` whose classes are the blank followed by `ALPHABET`, in that order."""
    cut = onnx.ModelProto()
    cut.CopyFrom(model)
    characters = next(p.value for p in cut.metadata_props if p.key == "character").split("\n")
    classes = ["", *characters, " "]  # the CTC blank comes first, the space last: RapidOCR's convention
    columns = [0, *(classes.index(c) for c in ALPHABET)]
    for tensor in cut.graph.initializer:
        if tensor.name in {HEAD_WEIGHT, HEAD_BIAS}:
            kept = numpy_helper.to_array(tensor)[..., columns]
            tensor.CopyFrom(numpy_helper.from_array(kept, tensor.name))
    cut.graph.output[0].type.tensor_type.shape.dim[2].dim_value = len(columns)
    del cut.graph.value_info[:]
    del cut.metadata_props[:]
    entry = cut.metadata_props.add()
    entry.key, entry.value = "alphabet", ALPHABET
    onnx.checker.check_model(cut)
    return cut


if __name__ == "__main__":
    destination = Path(sys.argv[1])
    destination.write_bytes(cut_head(onnx.load(published_weights())).SerializeToString(deterministic=True))
    sys.stdout.write(f"{hashlib.sha256(destination.read_bytes()).hexdigest()}  {destination}\n")
