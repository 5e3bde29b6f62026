from __future__ import annotations

import json
from typing import Any

import pytest
import torch

from regtrack.errors import CheckpointError
from regtrack.models.registry import DENSE, MODELS, build_model, default_settings

PARAMETERS: list[tuple[str, dict[str, Any], int]] = [
    ("cnn1", {}, 137_443),
    ("cnn3", {}, 555_763),
    ("cnn7", {}, 656_363),  # as published
    ("id-cnn", {}, 899_273),
    ("dilated", {}, 631_213),  # as published, less 50 that the authors' code never uses
    ("dilated", {"pooling": "max"}, 631_213),
    ("dilated", {"pooling": "dilated"}, 631_213),
    ("bi-lstm", {}, 764_115),  # published: 764,395
    # letters, first convolution, pooled one, 9 x (norm, narrow convolution, widening), join, head
    ("hybrid", {}, 6_048 + 46_368 + 9 * (192 + 13_968 + 4_704) + 12_480 + 8_125 + 115_794),
    ("hybrid", {"channels": [112, 256, 128]}, 1_520_607),
]


@pytest.mark.parametrize(("name", "settings", "count"), PARAMETERS)
def test_parameter_counts_are_pinned(name: str, settings: dict[str, Any], count: int) -> None:
    model = build_model(name, 919, **settings)

    assert model.parameter_count == count
    assert model.parameter_count == sum(weight.numel() for weight in model.parameters())


@pytest.mark.parametrize("markers", [8, 919])
def test_the_hybrid_is_no_larger_than_dilated_and_its_second_size_at_most_four_times(
    markers: int,
) -> None:
    dilated, small, large = (
        build_model(name, markers, **settings).parameter_count
        for name, settings in (
            ("dilated", {}),
            ("hybrid", {}),
            ("hybrid", {"channels": [112, 256, 128]}),
        )
    )

    assert small < dilated < large < 4 * dilated


def test_no_lstm_size_comes_closer_to_the_published_count() -> None:
    def distance(hidden: int) -> int:
        return abs(build_model("bi-lstm", 919, lstm_hidden=hidden).parameter_count - 764_395)

    default = default_settings("bi-lstm")["lstm_hidden"]
    assert distance(default) < min(distance(default - 1), distance(default + 1))


@pytest.mark.parametrize("name", MODELS)
def test_config_builds_the_same_architecture_also_through_json(name: str) -> None:
    model = build_model(name, 5, hidden=9, dropout=0, width=4)
    again = build_model(model.name, model.marker_count, **json.loads(json.dumps(model.config)))

    assert again.config == model.config
    assert again.config["hidden"] == 9
    assert again.marker_count == 5
    assert str(again) == str(model)
    shapes = {key: value.shape for key, value in model.state_dict().items()}
    assert {key: value.shape for key, value in again.state_dict().items()} == shapes


@pytest.mark.parametrize("name", DENSE)
def test_weights_come_from_torchs_generator(name: str) -> None:
    torch.manual_seed(5)
    first = build_model(name, 2).state_dict()
    torch.manual_seed(5)
    second = build_model(name, 2).state_dict()

    assert all(torch.equal(first[key], second[key]) for key in first)


def test_weights_have_readable_names() -> None:
    keys = list(build_model("dilated", 2).state_dict())

    assert keys[:3] == ["embed.weight", "trunk.0.weight", "trunk.0.bias"]
    assert "trunk.5.norm.running_var" in keys
    assert keys[-4:] == ["head.hidden.weight", "head.hidden.bias", *keys[-2:]]
    assert keys[-2:] == ["head.output.weight", "head.output.bias"]


def test_dilations_and_pooling_shape_the_trunk() -> None:
    model = build_model("dilated", 1, dilations=[1, 2, 4], pooling="dilated")

    assert [type(block).__name__ for block in model.trunk] == [
        "Downsample", "SamePadConv", "SamePadConv", "SamePool", "SamePadConv", "SamePool",
        "Upsample",
    ]  # fmt: skip
    assert [model.trunk[index].dilation for index in (1, 2, 3, 4, 5)] == [1, 2, 2, 4, 4]


@pytest.mark.parametrize(
    ("name", "settings", "message"),
    [
        ("dilatd", {}, 'no model is called "dilatd".*Did you mean "dilated"'),
        ("cnn7", {"chanels": [1]}, 'no setting "chanels"; it has channels.*mean "channels"'),
        ("cnn7", {"pooling": "max"}, 'cnn7 has no setting "pooling"'),
        ("cnn7", {"channels": [1, 2]}, r"`channels` is \(1, 2\); expected 3 numbers \(first, "),
        ("cnn1", {"channels": [0]}, r"`channels` is \(0,\); expected numbers of at least 1"),
        ("cnn1", {"channels": "128"}, '`channels` is "128"; expected a list of whole numbers'),
        ("cnn1", {"channels": [1.5]}, r"`channels` is \[1.5\]; expected a list of whole numbers"),
        ("cnn1", {"hidden": 0}, "`hidden` is 0; expected at least 1"),
        ("cnn1", {"hidden": True}, "`hidden` is True; expected a whole number"),
        ("cnn1", {"width": -3}, "`width` is -3; expected at least 1"),
        ("cnn1", {"dropout": 1}, "`dropout` is 1; expected at least 0 and below 1"),
        ("cnn1", {"dropout": "much"}, '`dropout` is "much"; expected a number'),
        ("cnn1", {"bn_momentum": 0}, "`bn_momentum` is 0; expected above 0 and at most 1"),
        ("dilated", {"pooling": "mean"}, '`pooling` is "mean"; expected none or max or dilated'),
        ("dilated", {"pooling": 3}, "`pooling` is 3; expected a string"),
        ("dilated", {"dilations": []}, "`dilations` is .*; expected 1 or more number"),
        ("dilated", {"dilations": [3, 0]}, "each at least 1"),
        ("dilated", {"dilations": [3], "pooling": "max"}, "expected 3 or more numbers"),
        ("id-cnn", {"dilations": []}, r"`dilations` is \(\); expected numbers of at least 1"),
        ("id-cnn", {"block": 0}, "`block` is 0; expected at least 1"),
        ("id-cnn", {"passes": 0}, "`passes` is 0; expected at least 1"),
        ("hybrid", {"dilations": []}, r"`dilations` is \(\); expected numbers of at least 1"),
        ("hybrid", {"dilations": [1] * 33}, "expected at most 32"),
        ("hybrid", {"block": 1_001}, "`block` is 1,001; expected at most 1,000"),
        ("bi-lstm", {"lstm_hidden": 0}, "`lstm_hidden` is 0; expected at least 1"),
    ],
)
def test_invalid_names_and_settings_are_refused_in_one_line(
    name: str, settings: dict[str, Any], message: str
) -> None:
    with pytest.raises(CheckpointError, match=message) as caught:
        build_model(name, 3, **settings)
    assert "\n" not in str(caught.value)


def test_a_network_needs_a_marker() -> None:
    with pytest.raises(CheckpointError, match="`marker_count` is 0; expected at least 1"):
        build_model("cnn1", 0)


def test_defaults_are_complete() -> None:
    for name in DENSE:
        assert build_model(name, 1).config == default_settings(name)
    with pytest.raises(CheckpointError, match="no model is called"):
        default_settings("cnn2")
