from __future__ import annotations

import math
from collections.abc import Callable

import pytest
import torch
import torch.nn.functional as F
from hypothesis import given, settings, strategies as st

from regtrack.models.blocks import PassNorm
from regtrack.models.network import TrackModel
from regtrack.models.registry import DENSE, build_model

Lively = Callable[..., TrackModel]
Bases = Callable[..., torch.Tensor]

BOUNDED = [name for name in DENSE if name != "bi-lstm"]
VARIANTS = [(name, {}) for name in BOUNDED] + [
    ("dilated", {"pooling": "max"}),
    ("dilated", {"pooling": "dilated"}),
    ("dilated", {"width": 7}),
    ("cnn7", {"width": 3}),
    ("id-cnn", {"block": 8, "width": 5, "passes": 2}),
    ("hybrid", {"block": 7, "width": 4}),
    ("hybrid", {"both_strands": False}),
    ("hybrid", {"both_strands": False, "block": 7, "width": 4}),
]


def stage_logits(model: TrackModel, codes: torch.Tensor) -> list[torch.Tensor]:
    """Logits (B, M, L) of every stage."""
    return [model.head(stage) for stage in model.stages(codes)]


@pytest.mark.parametrize("name", DENSE)
@pytest.mark.parametrize("length", [1, 2, 9, 10, 11, 20, 123, 1_000])
def test_output_is_as_long_as_the_input(
    lively: Lively, bases: Bases, name: str, length: int
) -> None:
    model = lively(name)
    codes = bases(length).expand(2, -1)

    assert model.logits(codes).shape == (2, 3, length)
    assert [stage.shape for stage in stage_logits(model, codes)] == [(2, 3, length)] * model.passes
    assert all(stage.shape[:2] == (2, length) for stage in model.stages(codes))


def cut(model: TrackModel, codes: torch.Tensor, start: int, end: int, flank: int) -> torch.Tensor:
    """The logits of [start, end) from a read with flanks, none beyond a true end; cropped."""
    low, high = max(0, start - flank), min(codes.shape[1], end + flank)
    return model.logits(codes[:, low:high])[..., start - low : end - low]


@pytest.mark.parametrize(("name", "config"), VARIANTS)
def test_a_flanked_slice_equals_the_whole(
    lively: Lively, bases: Bases, name: str, config: dict[str, object]
) -> None:
    model = lively(name, **config)
    length = 2 * model.flank + 1_237
    codes = bases(length)

    @settings(max_examples=6, derandomize=True)
    @given(st.data())
    def check(data: st.DataObject) -> None:
        start = data.draw(st.integers(0, (length - 1) // model.stride)) * model.stride
        end = data.draw(st.integers(start + 1, min(length, start + 900)))
        found = cut(model, codes, start, end, model.flank)
        torch.testing.assert_close(found, whole[..., start:end], rtol=1e-9, atol=1e-12)

    with torch.inference_mode():
        whole = model.logits(codes)
        check()


@pytest.mark.parametrize(("name", "config"), VARIANTS)
def test_a_flank_one_stride_shorter_is_too_short(
    lively: Lively, bases: Bases, name: str, config: dict[str, object]
) -> None:
    model = lively(name, **config)
    codes = bases(2 * model.flank + 50 * model.stride)
    # the first base of a stride reaches furthest to the right, so let the slice end with one
    start, end = model.flank + 10 * model.stride, model.flank + 30 * model.stride + 1
    with torch.inference_mode():
        whole = model.logits(codes)[..., start:end]
        enough = cut(model, codes, start, end, model.flank) - whole
        short = cut(model, codes, start, end, model.flank - model.stride) - whole

    assert enough.abs().max() < 1e-12
    assert short.abs().max() > 1e-9


def test_full_size_slices_agree_in_float32(bases: Bases) -> None:
    torch.manual_seed(0)
    model = build_model("dilated", 919).eval()
    codes = bases(13_003)
    with torch.inference_mode():
        whole = model.logits(codes, [5, 900])
        part = model.logits(codes[:, : 2_000 + model.flank], [5, 900])[..., :2_000]

    torch.testing.assert_close(part, whole[..., :2_000], rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("name", DENSE)
def test_chosen_markers_are_rows_of_all(lively: Lively, bases: Bases, name: str) -> None:
    model = lively(name, 6)
    codes = bases(77)
    every = model.logits(codes)

    torch.testing.assert_close(model.logits(codes, [4, 1]), every[:, [4, 1]])
    torch.testing.assert_close(model.logits(codes, torch.tensor([5])), every[:, [5]])
    torch.testing.assert_close(model(codes), every)


@pytest.mark.parametrize("name", DENSE)
@pytest.mark.parametrize("tile", [1, 40, 70, 5_000])
def test_tiles_do_not_change_the_logits(
    lively: Lively, bases: Bases, monkeypatch: pytest.MonkeyPatch, name: str, tile: int
) -> None:
    model = lively(name)
    codes = bases(2 * 333).view(2, 333)
    whole = model.logits(codes)
    monkeypatch.setattr("regtrack.models.network.TILE", tile)
    with torch.no_grad():
        tiled = model.logits(codes, [2, 0])
    torch.testing.assert_close(tiled, whole[:, [2, 0]].detach())
    assert whole.requires_grad


@pytest.mark.parametrize("name", DENSE)
def test_a_sequence_does_not_depend_on_its_batch(lively: Lively, bases: Bases, name: str) -> None:
    model = lively(name)
    codes = torch.cat([bases(450, seed) for seed in range(3)])

    torch.testing.assert_close(model.logits(codes)[1:2], model.logits(codes[1:2]))


def test_the_last_stage_is_the_prediction(lively: Lively, bases: Bases) -> None:
    model = lively("id-cnn")
    stages = stage_logits(model, bases(300))

    assert len(stages) == 3
    torch.testing.assert_close(stages[-1], model.logits(bases(300)))
    assert (stages[0] - stages[1]).abs().max() > 1e-3


def test_n_is_a_letter_and_the_padding_is_not(lively: Lively) -> None:
    """Beyond the end lie zeros, which no letter's embedding is."""
    model = lively("cnn3")
    short, padded = torch.zeros(1, 10, dtype=torch.uint8), torch.zeros(1, 20, dtype=torch.uint8)
    padded[0, 10:] = 4

    assert (model.logits(short) - model.logits(padded)[..., :10]).abs().max() > 1e-6


@pytest.mark.parametrize("name", DENSE)
def test_the_first_loss_is_the_entropy_of_the_base_rates(name: str) -> None:
    torch.manual_seed(1)
    rates = torch.tensor([0.002, 0.03, 0.3])
    model = build_model(name, 3).train()
    model.set_base_rates(rates.tolist())
    codes = torch.randint(0, 4, (2, 5_000), dtype=torch.uint8)
    with torch.no_grad():
        logits = model.logits(codes)
    # the expected loss of labels that follow the base rates and nothing else
    loss = F.binary_cross_entropy_with_logits(logits, rates[None, :, None].expand_as(logits))
    entropy = F.binary_cross_entropy(rates, rates)

    assert entropy <= loss < 1.02 * entropy


@pytest.mark.parametrize("name", DENSE)
@pytest.mark.parametrize("training", [True, False])
@pytest.mark.parametrize("bf16", [True, False])
def test_every_weight_learns(name: str, training: bool, bf16: bool) -> None:
    torch.manual_seed(2)
    model = build_model(name, 3, width=4).train(training)
    codes = torch.randint(0, 5, (2, 500), dtype=torch.uint8)
    with torch.autocast("cpu", torch.bfloat16, enabled=bf16):
        stages = stage_logits(model, codes)
    torch.stack(stages).float().square().mean().backward()

    for key, weight in model.named_parameters():
        assert weight.grad is not None, key
        assert weight.grad.isfinite().all(), key
        # a shift before batch normalisation by the batch itself has no effect
        moot = (
            training
            and key.endswith("bias")
            and key.replace("bias", "norm.bias") in dict(model.named_parameters())
        )
        assert moot or weight.grad.abs().sum() > 0, key


@pytest.mark.parametrize("name", DENSE)
def test_bf16_is_close(name: str) -> None:
    torch.manual_seed(2)
    model = build_model(name, 3).eval()
    codes = torch.randint(0, 4, (1, 3_000), dtype=torch.uint8)
    with torch.inference_mode():
        exact = model.logits(codes)
        with torch.autocast("cpu", torch.bfloat16):
            rounded = model.logits(codes).float()

    # processors with bf16 units sum in another order; ID-CNN's three passes add up the most error
    assert (rounded - exact).abs().max() < 0.1 * exact.std()


def test_base_rates_are_kept_off_zero_and_one() -> None:
    model = build_model("cnn1", 3)
    model.set_base_rates([0.0, 0.5, 1.0])

    edge = math.log(1e-6 / (1 - 1e-6))
    assert model.head.output.bias.tolist() == pytest.approx([edge, 0.0, -edge])


@pytest.mark.parametrize("name", DENSE)
def test_evaluation_agrees_with_training_once_statistics_settle(name: str) -> None:
    model, codes, trained = settled(name)
    with torch.no_grad():
        evaluated = stage_logits(model.eval(), codes)

    for found, expected in zip(evaluated, trained, strict=True):
        assert _distance(found, expected) < 0.03


def test_passes_need_statistics_of_their_own() -> None:
    """With the last pass's statistics everywhere, as one shared set would have, ID-CNN is off."""
    model, codes, trained = settled("id-cnn")
    for module in model.modules():
        if isinstance(module, PassNorm):
            module.running_mean[:] = module.running_mean[-1].clone()
            module.running_var[:] = module.running_var[-1].clone()
    with torch.no_grad():
        evaluated = stage_logits(model.eval(), codes)

    assert _distance(evaluated[0], trained[0]) > 0.5


def settled(name: str) -> tuple[TrackModel, torch.Tensor, list[torch.Tensor]]:
    """A network that has seen one batch until its statistics settled, the batch, its logits."""
    torch.manual_seed(3)
    model = build_model(name, 2, dropout=0.0, bn_momentum=0.5).train()
    codes = torch.randint(0, 4, (2, 8_000), dtype=torch.uint8)
    with torch.no_grad():
        for _ in range(15):
            trained = stage_logits(model, codes)
    return model, codes, trained


def _distance(found: torch.Tensor, expected: torch.Tensor) -> float:
    """The root mean square of the difference, in standard deviations of what is expected."""
    return ((found - expected).square().mean().sqrt() / expected.std()).item()
