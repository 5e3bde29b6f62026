"""Integrated gradients add up to what they explain."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from regtrack.genome.sequence import N
from regtrack.saliency.gradient import gradient_saliency
from regtrack.saliency.integrated import integrated_gradients, no_letter

from .toys import MODELS, build, random_codes, some_outputs

LENGTH = 203


@pytest.mark.parametrize("name", MODELS)
def test_they_add_up_to_the_change_of_the_logits(name: str) -> None:
    model, codes = build(name), random_codes(LENGTH, n_runs=[(60, 70)])
    outputs = some_outputs(LENGTH)
    found, complete = integrated_gradients(model, codes, outputs, 1, steps=400)
    with torch.inference_mode():
        embedded = model.embedded(torch.as_tensor(codes[None]))
        both = torch.cat([embedded, no_letter(model, embedded, codes)])
        logits = model.logits_from_embedded(both, [1])[:, 0, torch.as_tensor(outputs)].sum(-1)
    change = float(logits[0] - logits[1])
    assert abs(change) > 1e-3
    # a network of ReLU has kinks, and a sum over steps an error at each of them
    slack = 1e-3 * float(found.abs().sum())
    assert float(found.sum()) == pytest.approx(change, rel=0.01, abs=slack)
    assert complete.change == pytest.approx(change)
    assert complete.difference == pytest.approx(float(found.sum()) - change)


def test_n_gets_0() -> None:
    codes = random_codes(LENGTH, n_runs=[(60, 70)])
    values, _ = integrated_gradients(build("cnn7"), codes, some_outputs(LENGTH), 0, steps=8)
    found = values.numpy()
    assert (found[codes == N] == 0).all()
    assert (found[codes != N] != 0).any()


def test_where_the_model_is_linear_they_are_gradient_times_input() -> None:
    model, codes, outputs = build("cnn1"), random_codes(LENGTH), some_outputs(LENGTH)
    with torch.no_grad():  # no unit ever sleeps
        model.trunk[0].norm.bias += 100
        model.head.hidden.bias += 1000
    found, _ = integrated_gradients(model, codes, outputs, 2, steps=3)
    expected = gradient_saliency(model, codes[None], outputs[None], 2, method="gradient-x-input")[0]
    np.testing.assert_allclose(found, expected, rtol=1e-5, atol=1e-9)


def test_the_model_is_returned_unchanged() -> None:
    model = build("cnn3").train()
    integrated_gradients(model, random_codes(90), some_outputs(90), 0, steps=4)
    assert all(module.training for module in model.modules())
    assert all(parameter.requires_grad for parameter in model.parameters())
