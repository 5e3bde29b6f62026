"""DeepSEA, DanQ and DILATED6, against the same layers of torch."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

import pytest
import torch
from torch import nn

from regtrack.errors import CheckpointError
from regtrack.models.registry import SHORT, build_model
from regtrack.models.window_network import WindowModel
from tests.sweep.toys import small_model

CONV1 = 4 * 8 * 320 + 320
HEAD = 925 * 919 + 919
DILATED6 = (
    CONV1
    + (320 * 8 * 240 + 240)
    + (240 * 8 * 50 + 50)
    + 3 * (50 * 8 * 50 + 50)
    + 2 * (320 + 240 + 4 * 50)  # batch normalisation
    + (250 * 50 * 925 + 925)
    + HEAD
)


def model_of(name: str, **settings: Any) -> WindowModel:
    model = small_model(name, **settings)
    assert isinstance(model, WindowModel)
    return model


def codes_of(count: int, length: int, seed: int = 0) -> torch.Tensor:
    generator = torch.Generator().manual_seed(seed)
    return torch.randint(0, 5, (count, length), generator=generator, dtype=torch.uint8)


@pytest.mark.parametrize(
    ("name", "count"),
    [
        ("deepsea", 52_843_119),
        ("danq", 46_926_479),  # as published
        ("dilated6", DILATED6),
    ],
)
def test_parameters_are_those_of_the_papers(
    monkeypatch: pytest.MonkeyPatch, name: str, count: int
) -> None:
    monkeypatch.setattr(nn.init, "normal_", lambda tensor, **_: tensor)  # takes seconds
    monkeypatch.setattr(nn.init, "kaiming_uniform_", lambda tensor, **_: tensor)
    model = build_model(name, 919)

    assert model.parameter_count == count
    assert (model.receptive_field, model.bin, model.crop, model.stride) == (1_000, 200, 400, 200)
    assert (model.reach, model.flank) == ((599, 599), 600)


def test_deepsea_is_its_layers_in_torch() -> None:
    model = model_of("deepsea").eval()
    first, second, third = (nn.Conv1d(a, b, 4).double() for a, b in ((4, 6), (6, 8), (8, 5)))
    for conv, block in zip((first, second, third), model.trunk, strict=True):
        conv.load_state_dict({"weight": block.weight, "bias": block.bias})
    pool, head = nn.MaxPool1d(2), model.head
    codes = codes_of(3, 60)
    one_hot = torch.eye(5, 4, dtype=torch.float64)[codes.long()].transpose(1, 2)

    x = pool(first(one_hot).relu())
    x = pool(second(x).relu())
    x = third(x).relu().transpose(1, 2).flatten(1)  # positions before channels
    expected = head.output(head.hidden(x).relu())

    torch.testing.assert_close(model.labelled_logits(codes)[..., 0], expected)


def test_danq_is_its_layers_in_torch() -> None:
    model = model_of("danq").eval()
    conv, lstm = nn.Conv1d(4, 6, 5).double(), nn.LSTM(6, 4, bidirectional=True, batch_first=True)
    lstm.double().load_state_dict(model.trunk[1].lstm.state_dict())
    conv.load_state_dict({"weight": model.trunk[0].weight, "bias": model.trunk[0].bias})
    codes, head = codes_of(3, 60), model.head
    one_hot = torch.eye(5, 4, dtype=torch.float64)[codes.long()].transpose(1, 2)

    x = nn.functional.max_pool1d(conv(one_hot).relu(), 3).transpose(1, 2)
    expected = head.output(head.hidden(lstm(x)[0].flatten(1)).relu())

    torch.testing.assert_close(model.labelled_logits(codes)[..., 0], expected)
    names = [name for name, _ in model.trunk[1].named_parameters()]
    assert "lstm.bias_ih_l0" in names and "lstm.bias_hh_l0" not in names


def test_dilated6_is_its_layers_in_torch() -> None:
    model = model_of("dilated6").eval()
    codes, head = codes_of(3, 60), model.head
    x = torch.eye(5, 4, dtype=torch.float64)[codes.long()].transpose(1, 2)
    for layer, block in enumerate(model.trunk):
        dilation = (1, 1, 3)[layer]
        left = 3 * dilation // 2
        x = nn.functional.pad(x, (left, 3 * dilation - left))
        x = nn.functional.conv1d(x, block.weight, block.bias, dilation=dilation)
        norm = block.norm
        mean, variance = norm.running_mean[0], norm.running_var[0]
        x = nn.functional.batch_norm(x, mean, variance, norm.weight, norm.bias, eps=norm.eps).relu()
        x = nn.functional.max_pool1d(x, 2) if layer == 0 else x
    expected = head.output(head.hidden(x.transpose(1, 2).flatten(1)).relu())

    torch.testing.assert_close(model.labelled_logits(codes)[..., 0], expected)


@pytest.mark.parametrize("name", SHORT)
@pytest.mark.parametrize("length", [1, 19, 20, 61, 130])
def test_a_sequence_has_the_logits_of_a_window_per_bin(name: str, length: int) -> None:
    model, codes = model_of(name), codes_of(2, length)
    padded = torch.full((2, 20 + length + 59), 4, dtype=torch.uint8)
    padded[:, 20 : 20 + length] = codes
    starts = range(0, length, 20)
    windows = [model.labelled_logits(padded[:, start : start + 60]) for start in starts]
    expected = torch.cat(windows, dim=2).repeat_interleave(20, dim=2)[..., :length]

    torch.testing.assert_close(model.logits(codes), expected)
    torch.testing.assert_close(model.logits(codes, [2, 0]), expected[:, [2, 0]])


@pytest.mark.parametrize("name", SHORT)
def test_training_windows_have_one_stage_per_label(name: str) -> None:
    model = model_of(name)
    (stage,) = model.stages(codes_of(4, 60))

    assert stage.shape[:2] == (4, 1)
    torch.testing.assert_close(model.head(stage), model.labelled_logits(codes_of(4, 60)))
    (longer,) = model.stages(codes_of(2, 100))
    torch.testing.assert_close(model.head(longer), model.labelled_logits(codes_of(2, 100)))
    assert longer.shape[1] == 3


@pytest.mark.parametrize("name", SHORT)
def test_an_output_depends_on_its_whole_window_and_on_nothing_else(name: str) -> None:
    model = model_of(name)
    embedded = model.embedded(codes_of(1, 300) % 4).requires_grad_()
    model.logits_from_embedded(embedded)[0, 0, 155].backward()  # of the bin from 140
    seen = embedded.grad[0].abs().sum(1).nonzero()[:, 0]

    # DeepSEA and DanQ pool, and the last bases of a window may be left over
    assert 120 <= seen.min() < 124
    assert 176 <= seen.max() < 180
    assert (155 - seen.min() <= model.reach[0]) and (seen.max() - 155 <= model.reach[1])


@pytest.mark.parametrize("name", SHORT)
@pytest.mark.parametrize("norm", ["none", "batch"])
def test_every_weight_learns_and_a_copy_learns_apart(name: str, norm: str) -> None:
    model = model_of(name, norm=norm, dropout=0.1).float().train()
    twin = deepcopy(model)
    torch.manual_seed(0)
    model.head(model.stages(codes_of(16, 60))[0]).square().mean().backward()

    for key, weight in model.named_parameters():
        assert weight.grad is not None and weight.grad.isfinite().all(), key
        moot = key.endswith("bias") and key.replace("bias", "norm.bias") in dict(
            model.named_parameters()
        )
        assert moot or weight.grad.abs().sum() > 0, key
    assert all(weight.grad is None for weight in twin.parameters())
    torch.testing.assert_close(
        twin.eval().logits(codes_of(1, 90)).shape, model.eval().logits(codes_of(1, 90)).shape
    )


@pytest.mark.parametrize("name", SHORT)
def test_windows_at_once_do_not_change_the_logits(
    monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    model, codes = model_of(name), codes_of(3, 333)
    embedded = model.embedded(codes).requires_grad_()
    whole = model.logits_from_embedded(embedded)
    (gradient,) = torch.autograd.grad(whole.square().sum(), embedded)
    monkeypatch.setattr("regtrack.models.window_network._AT_ONCE", {"cpu": 4, "other": 4})
    few = model.logits_from_embedded(embedded)
    (again,) = torch.autograd.grad(few.square().sum(), embedded)

    torch.testing.assert_close(few, whole)
    torch.testing.assert_close(again, gradient)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"label": 201}, "`label` is 201; expected 1 to 1,000 bp, with as many bp left on both"),
        ({"norm": "layer"}, '`norm` is "layer"; expected none or batch'),
        ({"pool": 0}, "`pool` is 0; expected at least 1"),
        ({"last_dropout": 1.0}, "`last_dropout` is 1; expected at least 0 and below 1"),
        ({"window": 30, "label": 10}, "nothing is left of `window`, 30 bp, after convolutions of"),
    ],
)
def test_impossible_settings_are_refused(settings: dict[str, Any], message: str) -> None:
    with pytest.raises(CheckpointError, match=message):
        build_model("deepsea", 2, hidden=4, **settings)
