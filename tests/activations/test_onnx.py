"""A second opinion on definitions: the operators of ONNX, run by onnxruntime in float32."""

import numpy as np
import onnxruntime
import pytest
from onnx import TensorProto, helper

from livenotes.activations import REGISTRY

# our name, our parameters: operator and its attributes
OPERATORS = [
    ("identity", {}, "Identity", {}),
    ("sigmoid", {}, "Sigmoid", {}),
    ("tanh", {}, "Tanh", {}),
    ("softsign", {}, "Softsign", {}),
    ("relu", {}, "Relu", {}),
    ("softplus", {}, "Softplus", {}),
    ("leaky_relu", {}, "LeakyRelu", {}),  # the standard's default is ours
    ("leaky_relu", {"alpha": 0.3}, "LeakyRelu", {"alpha": 0.3}),
    ("elu", {"alpha": 2.0}, "Elu", {"alpha": 2.0}),
    ("selu", {}, "Selu", {}),
    ("celu", {"alpha": 0.5}, "Celu", {"alpha": 0.5}),
    ("gelu", {}, "Gelu", {}),
    ("gelu_tanh", {}, "Gelu", {"approximate": "tanh"}),
    ("hardswish", {}, "HardSwish", {}),
    ("mish", {}, "Mish", {}),
    ("hard_sigmoid", {}, "HardSigmoid", {}),  # 0.2 x + 0.5: the half is there
    ("hard_sigmoid", {"alpha": 0.5}, "HardSigmoid", {"alpha": 0.5}),
]


@pytest.mark.parametrize(("name", "params", "operator", "attributes"), OPERATORS)
def test_onnx_has_the_same_function(name, params, operator, attributes):
    x = np.linspace(-12, 12, 2001).astype(np.float32)
    ends = [helper.make_tensor_value_info(end, TensorProto.FLOAT, x.shape) for end in "xy"]
    graph = helper.make_graph(
        [helper.make_node(operator, ["x"], ["y"], **attributes)], name, ends[:1], ends[1:]
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 20)], ir_version=9)
    session = onnxruntime.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
    (want,) = session.run(None, {"x": x})
    np.testing.assert_allclose(REGISTRY[name](x, **params), want, rtol=1e-5, atol=1e-6)
