from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import torch

from regtrack.models.blocks import AfterConv, BiLstm, Downsample, SamePadConv, SamePool, Upsample
from regtrack.models.network import TrackModel
from regtrack.models.receptive_field import count_reach, count_stride, needed_span
from regtrack.models.registry import build_model

Seen = Callable[[TrackModel, int, int], torch.Tensor]

AFTER = AfterConv(dropout=0.0, momentum=0.1)

# name, settings, receptive field, reach to the left and right (bp)
COUNTED: list[tuple[str, dict[str, Any], int, tuple[int, int]]] = [
    ("cnn1", {}, 10, (4, 5)),
    ("cnn3", {}, 100, (49, 59)),
    ("cnn7", {}, 460, (209, 259)),
    ("id-cnn", {}, 21_099, (10_468, 10_649)),
    # 513 blocks of 10 bp before and after its own, and 7 bp on either side of them
    ("hybrid", {}, 10_284, (5_146, 5_146)),
    # a convolution of even width reads one base more on one side, and so on both with both strands
    ("hybrid", {"width": 14, "both_strands": False}, 10_283, (5_145, 5_146)),
    ("hybrid", {"width": 14}, 10_284, (5_146, 5_146)),
    ("dilated", {}, 10_810, (5_389, 5_429)),
    ("dilated", {"pooling": "max"}, 10_930, (5_449, 5_489)),
    ("dilated", {"pooling": "dilated"}, 15_130, (7_549, 7_589)),
]
EVERY = pytest.mark.parametrize(("name", "settings", "span", "reach"), COUNTED)


@EVERY
def test_counts_are_pinned(
    name: str, settings: dict[str, Any], span: int, reach: tuple[int, int]
) -> None:
    model = build_model(name, 1, **settings)

    assert model.receptive_field == span
    assert model.reach == reach
    assert model.flank is not None
    assert model.flank % model.stride == 0
    assert model.flank - model.stride < max(reach) <= model.flank


@pytest.fixture(params=COUNTED, ids=lambda row: "-".join([row[0], *map(str, row[1].values())]))
def seeing(request: pytest.FixtureRequest, lively: Callable[..., TrackModel]) -> TrackModel:
    """Each network of the table, small."""
    name, settings, _, _ = request.param
    return lively(name, **settings)


def test_counted_span_is_the_one_gradients_reach(seeing: TrackModel, seen: Seen) -> None:
    model = seeing
    margin = model.flank + 3 * model.stride
    for phase in {*range(0, model.stride, 3), model.stride - 1}:
        position = margin + phase
        touched = seen(model, position, 2 * margin + model.stride).nonzero()
        first, last = model.needed(position)

        assert (int(touched.min()), int(touched.max())) == (first, last)
        assert position - first <= model.reach[0]
        assert last - position <= model.reach[1]
        assert last - first + 1 <= model.receptive_field


def test_a_base_within_the_span_matters_and_one_beyond_does_not(
    seeing: TrackModel, bases: Callable[..., torch.Tensor]
) -> None:
    model = seeing
    position = model.flank + 2 * model.stride
    first, last = model.needed(position)

    def moved(base: int) -> bool:
        """Whether another letter at `base` changes the logits at `position`."""
        for seed in range(4):
            codes = bases(2 * position, seed)
            other = codes.clone()
            other[0, base] = (codes[0, base] + 1) % 4
            with torch.inference_mode():
                change = model.logits(torch.cat([codes, other]))[:, :, position].diff(dim=0)
            if change.abs().max() > 1e-13:
                return True
        return False

    assert moved(first)
    assert moved(last)
    assert not moved(first - 1)
    assert not moved(last + 1)


@pytest.mark.parametrize("pooling", ["none", "dilated"])
def test_dilated_sees_one_block_in_three_and_not_its_own(
    lively: Callable[..., TrackModel], seen: Seen, pooling: str
) -> None:
    model = lively("dilated", pooling=pooling)
    block = model.flank // 10 + 20
    touched = seen(model, 10 * block, 20 * block).view(-1, 10)
    first, last = (base // 10 for base in needed_span(model.chain, 10 * block))
    comb = torch.zeros(2 * block, dtype=torch.bool)
    comb[first : last + 1 : 3] = True

    assert (touched.any(1) == comb).all()
    assert (touched.all(1) == comb).all()
    assert not comb[block]
    assert comb[block - 1]


def test_an_lstm_sees_everything(lively: Callable[..., TrackModel], seen: Seen) -> None:
    model = lively("bi-lstm")

    assert model.receptive_field is None
    assert model.reach is None
    assert model.flank is None
    assert seen(model, 150, 333).all()
    assert count_reach([BiLstm(3, 2)]) is None


def test_one_block_needs_what_its_formula_says() -> None:
    assert SamePadConv(1, 1, 10, AFTER, dilation=3).needs(100, 101) == (87, 115)
    assert Downsample(1, 1, 10, AFTER).needs(2, 3) == (20, 39)
    assert Upsample(1, 1, 10, AFTER).needs(19, 20) == (1, 2)
    assert SamePool(5, dilation=27).needs(60, 61) == (6, 115)


def test_stride_is_counted_through_the_chain() -> None:
    down, up = Downsample(1, 1, 6, AFTER), Upsample(1, 1, 6, AFTER)

    assert count_stride([down, up]) == 6
    assert count_stride([down, down, up, up]) == 36
    with pytest.raises(ValueError, match="end at 6 bp"):
        count_stride([down])


def test_the_phase_decides_how_far_an_output_sees() -> None:
    """Two blocks of unlike stride: the largest span over all phases counts, not the first's."""
    blocks = [SamePadConv(1, 1, 4, AFTER), Downsample(1, 1, 4, AFTER), Upsample(1, 1, 4, AFTER)]
    reach = count_reach(blocks)

    assert reach is not None
    assert (reach.span, reach.left, reach.right) == (7, 4, 5)
