"""Values are masked, averaged and rounded on a device as on the CPU."""

from __future__ import annotations

import threading

import numpy as np
import pytest
import torch
from hypothesis import given, settings, strategies as st
from hypothesis.extra.numpy import arrays

from regtrack.errors import TrackError
from regtrack.predict.reading import Strip
from regtrack.sweep import encoding as encoding_module, on_device
from regtrack.sweep.compute import Reading
from regtrack.sweep.encoding import Encoding
from regtrack.tracks.bigwig import rounding

ANY = st.floats(width=32, allow_nan=True, allow_infinity=True)


def reading(present: np.ndarray) -> Reading:
    """A strip of chr1 of which some bases get a value."""
    length = len(present)
    strip, edges = Strip("chr1", 0, length, 0, length), np.array([0, length])
    return Reading((strip,), [np.zeros(length, np.uint8)], present, edges)


@settings(max_examples=200, deadline=None)
@given(arrays(np.float32, (2, 37), elements=ANY), st.integers(1, 23))
def test_torch_rounds_as_numpy_does(values: np.ndarray, keep_bits: int) -> None:
    expected = values.copy()
    rounding.round_mantissa(expected, keep_bits)
    found = on_device.round_mantissa(torch.from_numpy(values.copy()), keep_bits)
    np.testing.assert_array_equal(found.numpy(), expected)


@settings(max_examples=100, deadline=None)
@given(
    arrays(np.float32, (3, 53), elements=st.floats(0, 1, width=32)),
    arrays(np.bool_, 53),
    st.sampled_from([1, 2, 5, 10, 53, 60]),
    st.sampled_from([4, 7, 23]),
)
def test_a_device_stores_what_the_cpu_stores(
    values: np.ndarray, present: np.ndarray, resolution: int, keep_bits: int
) -> None:
    stored, broken = on_device.finish(
        torch.from_numpy(values.copy()), present, resolution, keep_bits
    )
    finish = Encoding(keep_bits, resolution).finish
    expected = finish(reading(present), torch.from_numpy(values.copy()))
    assert expected.shape == (3, -(-53 // resolution))
    assert not broken.any()
    # a mean may round to its other neighbour, where float64 sums were added in another order
    assert np.array_equal(np.isnan(stored.numpy()), np.isnan(expected))
    np.testing.assert_allclose(stored.numpy(), expected, rtol=2.0**-keep_bits)
    if resolution == 1:
        np.testing.assert_array_equal(stored.numpy(), expected)


@pytest.mark.parametrize("place", ["cpu", "device"])
def test_a_broken_value_is_named_and_an_absent_one_is_not(
    monkeypatch: pytest.MonkeyPatch, place: str
) -> None:
    values = torch.rand(2, 20)
    values[1, 7] = torch.nan
    given_values = values.clone()
    if place == "device":  # the way of a GPU, walked on the CPU
        monkeypatch.setattr(encoding_module, "_on_cpu", lambda _: False)
    present = np.ones(20, bool)
    with pytest.raises(TrackError, match="NaN at chr1:8"):
        Encoding(7, 1).finish(reading(present), given_values)
    present[7] = False
    found = Encoding(23, 1).finish(reading(present), values)
    assert np.isnan(found).sum() == 2


def test_the_last_mean_may_cover_fewer_bases() -> None:
    found = Encoding(23, 10).finish(reading(np.arange(30) < 25), torch.ones(2, 30))
    np.testing.assert_array_equal(found, np.ones((2, 3), np.float32))


def test_compiling_the_encoder_is_noted_and_loading_it_is_not(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    encoding_module.prepare_encoder()  # whatever is to be compiled here
    caplog.clear()
    encoding_module.prepare_encoder()
    assert caplog.messages == []
    said = threading.Event()
    monkeypatch.setattr(encoding_module, "_SHORT", 0)
    monkeypatch.setattr(encoding_module, "prepare", lambda: said.wait(60))
    monkeypatch.setattr(encoding_module._log, "warning", lambda _: said.set())
    encoding_module.prepare_encoder()
    assert said.is_set()


def test_only_values_that_a_pass_made_are_stored_in_their_own_place() -> None:
    """A network may give a tensor of its own, or one row in the place of several."""
    present = np.arange(30) < 25
    own = torch.full((2, 30), 0.3)
    with torch.inference_mode():
        made, repeated = torch.full((2, 40), 0.3), torch.full((1, 30), 0.3).expand(2, -1)
        of_its_own = own[:]
    finish = Encoding(7, 1).finish
    for values, shared in ((of_its_own, False), (repeated, False), (made[:, 5:35], True)):
        given_values = values.clone()
        found = finish(reading(present), values)
        assert np.shares_memory(found, values.numpy()) is shared
        assert torch.equal(values, given_values) is not shared
        expected = np.float32([0.30078125] * 25 + [np.nan] * 5)
        np.testing.assert_array_equal(found, np.stack([expected, expected]))
