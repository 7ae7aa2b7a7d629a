"""Write GELU as the one operation that it is since ONNX opset 20, where an earlier file spells it out in five.

Between 8-bit layers ONNX Runtime does not put the five together by itself, and each of them goes over the whole map: a
quarter of the default reader's time. Weights and scales stay as they are, and on a CPU what the network computes, to
the last bit. With the `train` extra:

    python -m lab.export.fuse_gelu gpu_worker/models/plate_net.onnx gpu_worker/models/plate_net.onnx
"""

import hashlib
import sys
from collections import defaultdict
from pathlib import Path

import onnx
import onnx.version_converter
from onnx import helper

_OPSET = 20


def fused(model: onnx.ModelProto) -> onnx.ModelProto:
    """Return a model of opset 20 in which each `x / sqrt(2)`, Erf, `+ 1`, `* x`, `* 0.5` is one Gelu.

    Args:
        model: of an earlier opset; not changed. Its metadata are kept, unused opsets are not.
    """
    plain = onnx.ModelProto()
    plain.CopyFrom(model)
    del plain.opset_import[:]
    plain.opset_import.extend(entry for entry in model.opset_import if not entry.domain)
    converted = onnx.version_converter.convert_version(plain, _OPSET)
    graph = converted.graph
    made = {output: node for node in graph.node for output in node.output}
    users = defaultdict(list)
    for node in graph.node:
        for name in node.input:
            users[name].append(node)
    for erf in [node for node in graph.node if node.op_type == "Erf"]:
        scaled = made[erf.input[0]]
        chain = [scaled, erf]
        while len(chain) < 5:
            (following,) = users[chain[-1].output[0]]
            chain.append(following)
        if [node.op_type for node in chain] != ["Div", "Erf", "Add", "Mul", "Mul"]:
            raise ValueError(f"{erf.name} is an Erf that is no part of a GELU")
        place = next(i for i, node in enumerate(graph.node) if node.name == chain[-1].name)
        graph.node.insert(
            place, helper.make_node("Gelu", [scaled.input[0]], list(chain[-1].output), f"{erf.name}_Gelu")
        )
        for node in chain:
            graph.node.remove(node)
    _drop_unused(graph)
    del converted.metadata_props[:]
    converted.metadata_props.extend(model.metadata_props)
    onnx.checker.check_model(converted)
    return converted


def _drop_unused(graph: onnx.GraphProto) -> None:
    """Remove the constants that only the five operations used."""
    used = {name for node in graph.node for name in node.input}
    for tensor in [tensor for tensor in graph.initializer if tensor.name not in used]:
        graph.initializer.remove(tensor)


def main(source: Path, target: Path) -> None:
    """Rewrite a file and print the new one's digest."""
    target.write_bytes(fused(onnx.load(source)).SerializeToString(deterministic=True))
    print(hashlib.sha256(target.read_bytes()).hexdigest())


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
