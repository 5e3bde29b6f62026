"""Scores are those of the model, whatever its mode and the number of threads."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

from regtrack.models.registry import build_model
from regtrack.predict.capacity import memory_of
from regtrack.predict.forward import forward, scores_of_codes, sigmoid
from tests.readers.tensor_memory import peak_memory


def test_scores_are_the_sigmoid_of_the_logits(model: nn.Module, codes: np.ndarray) -> None:
    found = scores_of_codes(model, codes)
    model.eval()
    with torch.inference_mode():
        expected = torch.sigmoid(model.logits(torch.as_tensor(codes)))
    assert found.dtype == np.float32
    assert found.shape == (2, 5, 73)
    np.testing.assert_array_equal(found, expected.numpy())


def test_scores_do_not_depend_on_the_mode_and_keep_it(model: nn.Module, codes: np.ndarray) -> None:
    training = scores_of_codes(model.train(), codes)
    assert model.training
    np.testing.assert_array_equal(training, scores_of_codes(model.eval(), codes))
    assert not model.training


def test_selected_markers_keep_the_requested_order(model: nn.Module, codes: np.ndarray) -> None:
    every = scores_of_codes(model, codes)
    np.testing.assert_allclose(
        scores_of_codes(model, codes, markers=[3, 1]), every[:, [3, 1]], rtol=1e-5, atol=1e-7
    )


def test_bf16_is_close_to_fp32_but_not_equal(model: nn.Module, codes: np.ndarray) -> None:
    full = scores_of_codes(model, codes)
    half = scores_of_codes(model, codes, precision="bf16")
    assert half.dtype == np.float32
    assert 0 < np.abs(half - full).max() < 0.05


@pytest.mark.parametrize("count", [5, 16_384, 100_003])
def test_scores_do_not_depend_on_the_threads(count: int) -> None:
    logits = torch.randn(3, count, generator=torch.Generator().manual_seed(0)) * 4
    found = []
    before = torch.get_num_threads()
    try:
        for threads in (1, 2, 3, 7):
            torch.set_num_threads(threads)
            found.append(sigmoid(logits.clone()))
    finally:
        torch.set_num_threads(before)
    assert all(torch.equal(found[0], other) for other in found)
    torch.testing.assert_close(found[0], logits.sigmoid(), rtol=1e-6, atol=0)


@pytest.mark.parametrize(
    ("name", "settings"),
    [("cnn1", {}), ("hybrid", {}), ("hybrid", {"channels": [112, 256, 128]})],
)
def test_a_pass_takes_no_more_memory_than_declared(
    name: str, settings: dict[str, Any], tmp_path: Path
) -> None:
    model, codes = build_model(name, 1, **settings), np.zeros((1, 40_000), np.uint8)
    forward(model, codes)
    assert peak_memory(lambda: forward(model, codes), tmp_path) <= memory_of(40_000, 1)
