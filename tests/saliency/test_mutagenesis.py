"""Mutagenesis against one forward pass a mutant."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from regtrack.models.blocks import PassNorm
from regtrack.models.network import TrackModel
from regtrack.saliency.mutagenesis import mutagenesis

from .toys import BOUNDED, MODELS, build, random_codes, some_outputs

LENGTH = 401


def brute(
    model: TrackModel, codes: np.ndarray, outputs: np.ndarray, start: int, end: int
) -> np.ndarray:
    def summed(sequence: np.ndarray) -> float:
        with torch.inference_mode():
            logits = model.logits(torch.as_tensor(sequence[None]), [1])[0, 0]
        return float(logits[torch.as_tensor(outputs)].sum())

    effects = np.zeros((end - start, 4))
    for site in range(start, end):
        for letter in range(4):
            mutant = codes.copy()
            mutant[site] = letter
            effects[site - start, letter] = summed(mutant) - summed(codes)
    return effects


@pytest.mark.parametrize("name", MODELS)
@pytest.mark.parametrize("stretch", [(0, 7), (196, 209), (LENGTH - 6, LENGTH)])
def test_each_effect_is_that_of_a_forward_pass(name: str, stretch: tuple[int, int]) -> None:
    model = build(name)
    codes = random_codes(LENGTH, n_runs=[(200, 203)])
    for share, lone in ((0.5, []), (0.0, [3, 198, 230, LENGTH - 1])):
        outputs = some_outputs(LENGTH, share=share)
        outputs[lone] = True
        found = mutagenesis(model, codes, outputs, 1, stretch, batch_size=7)
        expected = brute(model, codes, outputs, *stretch)
        np.testing.assert_allclose(found, expected, rtol=1e-5, atol=1e-9)
        assert np.abs(expected).max() > 1e-5


@pytest.mark.parametrize("name", ["cnn7", "dilated-max", "bi-lstm"])
def test_any_batch_size_gives_the_same(name: str) -> None:
    model, codes, outputs = build(name), random_codes(LENGTH), some_outputs(LENGTH)
    whole = mutagenesis(model, codes, outputs, 0, (100, 140))
    for size in (1, 3, 50):
        found = mutagenesis(model, codes, outputs, 0, (100, 140), batch_size=size)
        np.testing.assert_allclose(found, whole, rtol=1e-5, atol=1e-9)


@pytest.mark.parametrize("name", BOUNDED)
def test_what_no_output_sees_has_exactly_no_effect(name: str) -> None:
    model = build(name)
    length = 2 * max(model.reach) + 200
    outputs = np.zeros(length, dtype=bool)
    outputs[0] = True
    found = mutagenesis(model, random_codes(length), outputs, 0, (length - 20, length))
    assert (found == 0).all()


def test_the_letter_that_stands_there_has_no_effect() -> None:
    codes = random_codes(LENGTH)
    found = mutagenesis(build("cnn3"), codes, some_outputs(LENGTH), 0, (50, 80))
    assert (found[np.arange(30), codes[50:80]] == 0).all()
    assert np.count_nonzero(found) == 90


def test_the_model_comes_back_as_it_was() -> None:
    model = build("cnn3").train()
    mutagenesis(model, random_codes(90), some_outputs(90), 0, (10, 20))
    assert all(module.training for module in model.modules())
    assert all(parameter.requires_grad for parameter in model.parameters())


@pytest.mark.parametrize("name", ["dilated", "id-cnn", "bi-lstm"])
def test_where_every_unit_sleeps_nothing_changes(name: str) -> None:
    model = build(name)
    with torch.no_grad():
        for module in model.modules():
            if isinstance(module, PassNorm):
                module.bias -= 1e3
    found = mutagenesis(model, random_codes(LENGTH), some_outputs(LENGTH), 0, (50, 60))
    assert (found == 0).all()
