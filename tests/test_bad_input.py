"""Bad input to every public function of the methods: a good call, spoiled one argument at a time.

Whoever adds a function adds a good call to ``good_calls.py``; the last test fails until then. What a function
refuses beyond the types, shapes and ranges spoiled here is tested beside its values and gradients.
"""

import inspect
import re
from numbers import Integral, Real
from pathlib import Path

import numpy as np
import pytest

import livenotes
from good_calls import GOOD
from public import FUNCTIONS

pytestmark = pytest.mark.usefixtures("own_errors")

SOURCE = Path(livenotes.__file__).parent
# Called at every step of a loop over time, on arrays that the layer has checked, like NumPy's own functions.
TRUSTING = {"recurrent.nonlinearities"}
# What a call through a record fixes: the record itself, and the cells that ``over`` has checked.
FIXED = {"self", "cell", "cells"}
# Where a further axis in front is welcome: elementwise, or one more axis of examples.
ANY_RANK = {
    ("activations.base.Activation.forward", "x"),
    ("activations.base.Activation.slope", "x"),
    ("activations.base.Activation.value", "x"),
    ("activations.rectified.rrelu_train", "x"),
    ("attention.masked_softmax", "scores"),
    ("dense.affine", "x"),
    ("dropout.dropout", "x"),
    ("dropout.dropout_predict", "x"),
    ("normalization.batch.batch_norm", "x"),
    ("normalization.batch.batch_norm_predict", "x"),
    ("normalization.layer.layer_norm", "x"),
    ("residual.forward", "x"),
    ("residual.predict", "x"),
}
# Trees of arrays, where a list is as good as an array; and numbers for which None stands for a default.
TREES = {("checks.central_differences", "at"), ("checks.relative_error", "a"), ("checks.relative_error", "b")}
OPTIONAL = {("attention.dot_product_attention", "scale"), ("embeddings.skipgram.train", "threshold")}
SHAPE = r"\("


def call(name, arguments):
    if name == "recurrent.stacked.over":  # the one function that takes any number of arguments
        return FUNCTIONS[name](*arguments["cells"])
    return FUNCTIONS[name](**arguments)


def spoils(name, argument, value):
    """What an argument like this one must not be given, and what the error must say it was."""
    if isinstance(value, bool) or (argument in FIXED and not name.endswith(".over")):
        return []
    if isinstance(value, np.random.Generator):
        return [(0, "int"), (None, "NoneType")]
    if isinstance(value, str):
        return [("nonsense", "'nonsense'")]
    if isinstance(value, Integral):
        return [(1.5, "float"), ("2", "str"), (-1, "-1")]
    if isinstance(value, Real):
        none = [] if (name, argument) in OPTIONAL else [(None, "NoneType")]
        return [("1", "str"), (np.nan, "nan"), *none]
    if isinstance(value, type):
        return [(int, "int64")]
    if argument == "cells":
        return [((3,), "int"), ((), "none")]
    if (name, argument) in TREES:
        return [(3, f"int|{SHAPE}")]
    if isinstance(value, np.ndarray):
        return array_spoils(name, argument, value)
    return [(3, "int")]


def array_spoils(name, argument, value):
    if value.dtype == bool:
        shape = np.zeros((1, 9, 9), bool)
        return [(value.tolist(), "list"), (value.astype(float), "float64"), (shape, SHAPE)]
    if np.issubdtype(value.dtype, np.integer):
        return [(value.tolist(), "list"), (value + 0.5, "float64"), (value - 100, r"-\d")]
    rank = [] if (name, argument) in ANY_RANK else [(value[None], SHAPE)]
    return [(value.tolist(), "list"), (value.astype(int), "int64"), *rank]


CASES = [
    pytest.param(name, argument, bad, got, id=f"{name}-{argument}-{got}")
    for name, arguments in GOOD.items()
    for argument, value in arguments.items()
    for bad, got in spoils(name, argument, value)
]


@pytest.mark.parametrize(("name", "argument", "bad", "got"), CASES)
def test_a_bad_argument_is_refused_by_name(name, argument, bad, got):
    with pytest.raises((TypeError, ValueError)) as refused:
        call(name, {**GOOD[name], argument: bad})
    message = str(refused.value)
    # Of two shapes that do not fit, either may be the wrong one.
    named = "|".join(GOOD[name]) if SHAPE in got else argument
    assert re.search(rf"\b({named})\b.* must .*got .*({got})", message), message
    assert refused.traceback[-1].path.is_relative_to(SOURCE), "NumPy or Python said this, not we"


@pytest.mark.parametrize("name", GOOD)
def test_the_good_call_is_good(name):
    call(name, GOOD[name])


def test_no_public_function_is_left_out_and_no_argument_that_it_needs():
    signatures = {name: inspect.signature(function).parameters for name, function in FUNCTIONS.items()}
    checked = {
        name: parameters
        for name, parameters in signatures.items()
        if name.rpartition(".")[0] not in TRUSTING and {*parameters} - {"self"}
    }
    # A good call of this one would add to the registry; bad ones are beside the other tests of it.
    assert {*checked} == {*GOOD, "activations.base.register"}
    for name in GOOD:
        parameters = checked[name].values()
        needed = {p.name for p in parameters if p.default is p.empty and p.kind is not p.VAR_KEYWORD}
        assert needed <= {*GOOD[name]}, name
