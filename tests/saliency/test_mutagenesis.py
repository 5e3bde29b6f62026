"""Mutagenesis against one forward pass per mutant."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from torch._ops import OpOverload
from torch.utils._python_dispatch import TorchDispatchMode

from regtrack.models.blocks import Downsample, PassNorm
from regtrack.models.network import TrackModel
from regtrack.saliency.mutagenesis import mutagenesis
from tests.sweep.toys import small_model

from .toys import BOUNDED, MODELS, build, random_codes, some_outputs

LENGTH = 401
aten = torch.ops.aten


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
def test_bases_out_of_reach_have_exactly_no_effect(name: str) -> None:
    model = build(name)
    length = 2 * max(model.reach) + 200
    outputs = np.zeros(length, dtype=bool)
    outputs[0] = True
    found = mutagenesis(model, random_codes(length), outputs, 0, (length - 20, length))
    assert (found == 0).all()


def test_the_letter_of_the_sequence_has_no_effect() -> None:
    codes = random_codes(LENGTH)
    found = mutagenesis(build("cnn3"), codes, some_outputs(LENGTH), 0, (50, 80))
    assert (found[np.arange(30), codes[50:80]] == 0).all()
    assert np.count_nonzero(found) == 90


def test_the_model_is_returned_unchanged() -> None:
    model = build("cnn3").train()
    mutagenesis(model, random_codes(90), some_outputs(90), 0, (10, 20))
    assert all(module.training for module in model.modules())
    assert all(parameter.requires_grad for parameter in model.parameters())


@pytest.mark.parametrize("name", ["dilated", "id-cnn", "bi-lstm"])
def test_with_all_units_inactive_nothing_changes(name: str) -> None:
    model = build(name)
    with torch.no_grad():
        for module in model.modules():
            if isinstance(module, PassNorm):
                module.bias -= 1e3
    found = mutagenesis(model, random_codes(LENGTH), some_outputs(LENGTH), 0, (50, 60))
    assert (found == 0).all()


@pytest.mark.parametrize("name", MODELS)
def test_shapes_do_not_depend_on_values_nor_the_result_on_the_order_of_sums(name: str) -> None:
    """Shapes that depend on values would stall a device, which may also add in any order."""

    class Watch(TorchDispatchMode):
        def __torch_dispatch__(
            self, function: OpOverload, types: Any, args: tuple[Any, ...] = (), kwargs: Any = None
        ) -> Any:
            kind = function.overloadpacket
            assert kind not in {
                aten.nonzero, aten._unique2, aten.masked_select, aten._local_scalar_dense
            }  # fmt: skip
            if kind is aten.index:
                assert not any(one is not None and one.dtype == torch.bool for one in args[1])
            if kind in {aten.index_add_, aten.index_add}:
                assert len(args[2].unique()) == len(args[2])
            return function(*args, **(kwargs or {}))

    outputs = some_outputs(LENGTH)
    with Watch():
        mutagenesis(build(name), random_codes(LENGTH), outputs, 0, (100, 110))


def test_rounding_that_depends_on_the_batch_does_not_mark_positions_as_changed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    model = small_model("id-cnn", block=6, width=3, dilations=[5])  # which leaves holes
    codes, outputs = random_codes(LENGTH), some_outputs(LENGTH)
    seen: list[torch.Size] = []
    model.head.register_forward_pre_hook(lambda _, args: seen.append(args[0].shape))
    expected, exact = mutagenesis(model, codes, outputs, 0, (198, 204)), seen.copy()
    seen.clear()
    plain = Downsample.forward

    def noisy(self: Downsample, x: torch.Tensor, index: int = 0) -> torch.Tensor:
        return plain(self, x, index) * (1 + 1e-12 * len(x))

    monkeypatch.setattr(Downsample, "forward", noisy)
    found = mutagenesis(model, codes, outputs, 0, (198, 204))
    assert seen == exact
    np.testing.assert_allclose(found, expected, rtol=1e-5, atol=1e-7)
