"""Time and memory: what must grow with the product of the lengths, and what with the length."""

import pytest
import xarray as xr

from livenotes.chapters.attention import KINDS, cost, share


@pytest.mark.parametrize(("kind", "low", "high"), [("additive", 3.5, 4.5), ("recurrent", 1.6, 2.4)])
def test_memory_grows_with_the_pairs_or_with_the_length(kind, low, high):
    short, long = (cost.peak(kind, length).bytes.item() for length in (40, 80))
    assert low < long / short < high


def test_the_hidden_layer_is_what_additive_attention_keeps():
    pairs = 60 * 60 * cost.HIDDEN * 4
    assert pairs < cost.peak("additive", 60).bytes.item() < 6 * pairs


def test_every_kind_is_timed():
    found = cost.cost("dot product", 10)
    assert 0 < found.seconds.item() < 1
    with pytest.raises(ValueError, match="kind"):
        cost.passes("sums", 10)


def test_a_share_is_of_attention_and_both_layers():
    seconds = xr.DataArray([3.0, 1.0, 1.0], dims="kind", coords={"kind": list(KINDS)})
    assert share(seconds, "additive").item() == 0.75
    assert share(seconds, "dot product").item() == 0.5
