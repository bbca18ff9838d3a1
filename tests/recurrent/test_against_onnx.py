"""Values of every cell against the recurrent operators of ONNX, as onnxruntime computes them (float32)."""

import numpy as np
import onnxruntime
import pytest
from onnx import TensorProto, helper

from livenotes._trees import leaves
from livenotes.recurrent import CELLS, bidirectional

from .references import problem

OPERATORS = {
    "elman_tanh": ("RNN", {"activations": ["Tanh"]}),
    "elman_relu": ("RNN", {"activations": ["Relu"]}),
    "lstm": ("LSTM", {}),
    "lstm_peephole": ("LSTM", {}),
    "lstm_coupled": ("LSTM", {"input_forget": 1}),
    "gru": ("GRU", {"linear_before_reset": 1}),
    "gru_reset_before": ("GRU", {"linear_before_reset": 0}),
}


def onnx_weights(name, p):
    """W, R, B and P of one direction in ONNX's gate order: i, o, f, c for LSTM and z, r, h for GRU."""
    hidden = p.w_h.shape[1]
    if name.startswith("elman"):
        return p.w_x, p.w_h, np.concatenate([p.b, np.zeros_like(p.b)]), None

    def reorder(w):
        blocks = list(w.reshape(-1, hidden, *w.shape[1:]))
        if name.startswith("gru"):
            r, z, n = blocks
            return np.concatenate([z, r, n])
        if name == "lstm_coupled":  # there the input gate rules, f = 1 - i: negate what f looks at
            blocks.insert(0, -blocks[0])
        i, f, g, o = blocks
        return np.concatenate([i, o, f, g])

    recurrent_bias = np.zeros_like(reorder(p.b))
    if getattr(p, "b_h", None) is not None:
        recurrent_bias[-hidden:] = p.b_h
    peephole = None
    if getattr(p, "p", None) is not None:
        i, f, o = p.p
        peephole = np.concatenate([i, o, f])
    return reorder(p.w_x), reorder(p.w_h), np.concatenate([reorder(p.b), recurrent_bias]), peephole


def run_onnx(name, directions, x, states, lengths):
    """Run one operator: a list of parameters and of states, an entry for each direction."""
    operator, attributes = OPERATORS[name]
    w, r, b, p = zip(*[onnx_weights(name, d) for d in directions], strict=True)
    arrays = {"X": x, "W": np.stack(w), "R": np.stack(r), "B": np.stack(b)}
    arrays["sequence_lens"] = lengths.astype(np.int32)
    for label, part in zip(("initial_h", "initial_c"), zip(*map(leaves, states), strict=True), strict=False):
        arrays[label] = np.stack(part)
    if p[0] is not None:
        arrays["P"] = np.stack(p)
    if "activations" in attributes:
        attributes = {"activations": attributes["activations"] * len(directions)}
    node = helper.make_node(
        operator,
        list(arrays),
        ["Y"],
        hidden_size=directions[0].w_h.shape[1],
        direction="bidirectional" if len(directions) == 2 else "forward",
        **attributes,
    )
    kinds = {k: TensorProto.INT32 if v.dtype == np.int32 else TensorProto.FLOAT for k, v in arrays.items()}
    inputs = [helper.make_tensor_value_info(k, kinds[k], v.shape) for k, v in arrays.items()]
    result = helper.make_tensor_value_info("Y", TensorProto.FLOAT, None)
    graph = helper.make_graph([node], "layer", inputs, [result])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 14)], ir_version=8)
    session = onnxruntime.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
    (y,) = session.run(None, arrays)  # (T, directions, B, H)
    return np.concatenate(list(y.swapaxes(0, 1)), axis=2)


@pytest.mark.parametrize("name", OPERATORS)
@pytest.mark.parametrize("both_ways", [False, True], ids=["forward", "bidirectional"])
@pytest.mark.parametrize("lengths", [(6, 6, 6), (6, 3, 1)], ids=["full", "masked"])
def test_outputs_are_those_of_the_onnx_operator(name, both_ways, lengths, rng):
    cell = bidirectional.over(CELLS[name]) if both_ways else CELLS[name]
    params, x, state0 = problem(rng, cell, steps=6, batch=3, inputs=3, hidden=4, dtype=np.float32)
    mask = np.arange(6)[:, None] < np.array(lengths)
    outputs, _ = cell.forward(params, x, state0, mask)
    directions, states = (params, state0) if both_ways else ([params], [state0])
    theirs = run_onnx(name, list(directions), x, list(states), np.array(lengths))
    np.testing.assert_allclose(outputs[mask], theirs[mask], rtol=1e-4, atol=2e-6)


def test_every_cell_has_its_operator():
    assert set(OPERATORS) == set(CELLS)
