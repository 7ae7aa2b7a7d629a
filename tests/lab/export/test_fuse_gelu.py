from pathlib import Path

import numpy as np
import onnxruntime as ort
import pytest

pytest.importorskip("onnx", reason="the train extra is not installed")

import onnx
from onnx import TensorProto, helper, numpy_helper

from lab.export.fuse_gelu import fused, main


def spelt_out(last: str = "Mul") -> onnx.ModelProto:
    """Build GELU and a mean over its rows in opset 17, as an exporter of that opset writes them."""
    constants = {"root": 2**0.5, "one": 1.0, "half": 0.5}
    nodes = [
        helper.make_node("Div", ["x", "root"], ["scaled"], "div"),
        helper.make_node("Erf", ["scaled"], ["error"], "erf"),
        helper.make_node("Add", ["error", "one"], ["raised"], "add"),
        helper.make_node("Mul", ["x", "raised"], ["weighed"], "mul"),
        helper.make_node(last, ["weighed", "half"], ["y"], "halve"),
        helper.make_node("ReduceMean", ["y"], ["mean"], "mean", axes=[1]),
    ]
    graph = helper.make_graph(
        nodes,
        "gelu",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, [3, 50])],
        [helper.make_tensor_value_info("mean", TensorProto.FLOAT, [3, 1])],
        [numpy_helper.from_array(np.float32(value), name) for name, value in constants.items()],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    helper.set_model_props(model, {"alphabet": "ABC"})
    return model


def run(model: onnx.ModelProto) -> np.ndarray:
    session = ort.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
    x = np.random.default_rng(0).normal(0, 2, (3, 50)).astype(np.float32)
    return np.asarray(session.run(None, {"x": x})[0])


def test_five_operations_become_one_that_computes_the_same() -> None:
    model = spelt_out()
    short = fused(model)
    assert [node.op_type for node in short.graph.node if node.input] == ["Gelu", "ReduceMean"]
    np.testing.assert_allclose(run(short), run(model), rtol=1e-6, atol=1e-6)
    assert {p.key: p.value for p in short.metadata_props} == {"alphabet": "ABC"}
    assert {tensor.name for tensor in short.graph.initializer}.isdisjoint({"root", "one", "half"})
    assert len(model.graph.node) == 6


def test_an_error_function_of_another_kind_is_left_to_its_owner() -> None:
    with pytest.raises(ValueError, match="no part of a GELU"):
        fused(spelt_out(last="Add"))


def test_the_file_is_the_same_every_time(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    onnx.save(spelt_out(), tmp_path / "a.onnx")
    for name in ("b.onnx", "c.onnx"):
        main(tmp_path / "a.onnx", tmp_path / name)
    first, second = capsys.readouterr().out.split()
    assert first == second
    assert (tmp_path / "b.onnx").read_bytes() == (tmp_path / "c.onnx").read_bytes()
