"""Gradients against finite differences, the receptive field, and the model left unchanged."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from threading import Event

import numpy as np
import pytest
import torch
from torch import nn

from regtrack.genome.sequence import N
from regtrack.saliency.gradient import (
    differentiable,
    gradient_saliency,
    input_gradient,
    over_threshold,
)

from .toys import BOUNDED, MODELS, build, random_codes, some_outputs

LENGTH = 157


def summed(model: nn.Module, embedded: torch.Tensor, outputs: np.ndarray) -> float:
    with torch.inference_mode():
        logits = model.logits_from_embedded(embedded, [1])[0, 0]
    return float(logits[torch.as_tensor(outputs)].sum())


@pytest.mark.parametrize("name", MODELS)
def test_the_gradient_is_that_of_finite_differences(name: str) -> None:
    model = build(name)
    codes, outputs = random_codes(LENGTH, n_runs=[(40, 45)]), some_outputs(LENGTH)
    gradient = input_gradient(model, codes[None], outputs[None], 1)[0]
    embedded = model.embedded(torch.as_tensor(codes[None])).detach()
    step = 1e-6
    for position in (0, 42, 77, LENGTH - 1):
        for number in range(embedded.shape[2]):
            nudge = torch.zeros_like(embedded)
            nudge[0, position, number] = step
            rise = summed(model, embedded + nudge, outputs)
            fall = summed(model, embedded - nudge, outputs)
            slope = (rise - fall) / (2 * step)
            assert gradient[position, number] == pytest.approx(slope, rel=1e-4, abs=1e-7)


@pytest.mark.parametrize("name", BOUNDED)
@pytest.mark.parametrize("method", ["gradient-norm", "gradient-x-input"])
def test_it_is_exactly_0_outside_the_receptive_field(name: str, method: str) -> None:
    model = build(name)
    length = 3 * max(model.reach) + 60
    outputs = np.zeros(length, dtype=bool)
    at = length // 2
    outputs[at] = True
    seen = np.zeros(length, dtype=bool)
    for seed in range(3):
        values = gradient_saliency(
            model, random_codes(length, seed)[None], outputs[None], 0, method=method
        )
        seen |= values[0] != 0
    left, right = model.reach
    assert seen.any()
    assert not seen[: at - left].any()
    assert not seen[at + right + 1 :].any()


def test_the_norm_is_of_the_four_numbers_at_each_base() -> None:
    model, codes, outputs = build("cnn3"), random_codes(LENGTH)[None], some_outputs(LENGTH)[None]
    gradient = input_gradient(model, codes, outputs, 2)
    np.testing.assert_allclose(
        gradient_saliency(model, codes, outputs, 2, method="gradient-norm"),
        np.linalg.norm(gradient.numpy(), axis=-1),
        rtol=1e-6,
    )


def test_times_input_is_the_slope_towards_the_own_letter_minus_the_mean_of_all_four() -> None:
    model, codes = build("cnn3"), random_codes(LENGTH, n_runs=[(9, 12)])
    outputs = some_outputs(LENGTH)
    slopes = input_gradient(model, codes[None], outputs[None], 0)[0] @ model.embed.weight[:N].T
    slopes = slopes.detach().numpy()
    known = codes != N
    expected = np.zeros(LENGTH)
    expected[known] = slopes[known, codes[known]] - slopes[known].mean(axis=1)
    found = gradient_saliency(model, codes[None], outputs[None], 0, method="gradient-x-input")[0]
    np.testing.assert_allclose(found, expected, rtol=1e-5, atol=1e-9)
    assert (found[~known] == 0).all()


def test_times_input_ignores_a_shift_that_the_first_bias_undoes() -> None:
    model, codes, outputs = build("cnn1"), random_codes(LENGTH)[None], some_outputs(LENGTH)[None]
    outputs[:, :10] = outputs[:, -10:] = False  # padding is no letter, and is not shifted
    before = gradient_saliency(model, codes, outputs, 0, method="gradient-x-input")
    shift = torch.tensor([0.5, -1.0, 2.0, 0.25], dtype=torch.float64)
    with torch.no_grad():
        model.embed.weight += shift
        first = model.trunk[0]
        first.bias -= torch.einsum("oiw,i->o", first.weight, shift)
    after = gradient_saliency(model, codes, outputs, 0, method="gradient-x-input")
    np.testing.assert_allclose(after, before, rtol=1e-4, atol=1e-8)


@pytest.mark.parametrize("name", ["dilated", "bi-lstm"])
def test_any_batch_size_gives_the_same(name: str) -> None:
    model = build(name)
    codes = np.stack([random_codes(LENGTH, seed) for seed in range(5)])
    outputs = np.stack([some_outputs(LENGTH, seed) for seed in range(5)])
    together = gradient_saliency(model, codes, outputs, 1)
    for size in (1, 2):
        apart = [
            gradient_saliency(model, codes[at : at + size], outputs[at : at + size], 1)
            for at in range(0, 5, size)
        ]
        np.testing.assert_allclose(np.concatenate(apart), together, rtol=1e-6, atol=1e-12)


def test_the_model_is_returned_unchanged_even_after_an_exception() -> None:
    model = build("bi-lstm").train()
    model.head.eval()
    model.embed.weight.requires_grad_(False)

    def state() -> list[object]:
        flags = [(p.requires_grad, p.grad, p.data_ptr()) for p in model.parameters()]
        return [flags, [module.training for module in model.modules()]]

    before = state()
    codes, outputs = random_codes(LENGTH)[None], some_outputs(LENGTH)[None]
    training = gradient_saliency(model, codes, outputs, 0)
    assert state() == before
    np.testing.assert_array_equal(training, gradient_saliency(model.eval(), codes, outputs, 0))
    model.train()
    model.head.eval()
    with (
        pytest.raises(ZeroDivisionError),
        differentiable(model, torch.device("cpu"), shape=(1, 1)) as lent,
    ):
        assert not any(parameter.requires_grad for parameter in lent.parameters())
        _ = 1 / 0
    assert state() == before


def test_weights_stay_frozen_until_the_last_pass_ends() -> None:
    model, cpu = build("bi-lstm"), torch.device("cpu")
    first_in, first_may_leave = Event(), Event()

    def first() -> None:
        with differentiable(model, cpu, shape=(1, 1)):
            first_in.set()
            assert first_may_leave.wait(10)

    with ThreadPoolExecutor(1) as pool:
        done = pool.submit(first)
        assert first_in.wait(10)
        with differentiable(model, cpu, shape=(1, 1)):
            first_may_leave.set()
            done.result(10)
            assert not any(parameter.requires_grad for parameter in model.parameters())
    assert all(parameter.requires_grad for parameter in model.parameters())
    assert not any(module.training for module in model.modules())


def test_it_works_where_gradients_are_off() -> None:
    model, codes, outputs = build("cnn3"), random_codes(LENGTH)[None], some_outputs(LENGTH)[None]
    expected = gradient_saliency(model, codes, outputs, 0)
    with torch.inference_mode():
        np.testing.assert_array_equal(gradient_saliency(model, codes, outputs, 0), expected)


def test_a_threshold_selects_scores_that_reach_it_except_at_n() -> None:
    codes = torch.tensor([[0, 1, 4, 3]], dtype=torch.uint8)
    logits = torch.tensor([[[-1.0, 0.0, 5.0, 2.0]]])
    assert over_threshold(0.5, codes)(logits).tolist() == [[[False, True, False, True]]]
    assert over_threshold(0.0, codes)(logits).tolist() == [[[True, True, False, True]]]


def test_another_method_is_refused() -> None:
    with pytest.raises(ValueError, match='`method` is "loud"; expected gradient-norm or'):
        gradient_saliency(
            build("cnn1"), random_codes(9)[None], some_outputs(9)[None], 0, method="loud"
        )
