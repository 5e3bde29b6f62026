"""The loss of a batch and its gradients, tile by tile, against PyTorch's own in float64."""

from __future__ import annotations

import copy
from dataclasses import replace

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from hypothesis import example, given, settings, strategies as st
from torch import Tensor

from regtrack.dataset.loader import Batch, dense_labels, labelled_places
from regtrack.evaluation.metrics import StreamingCurves
from regtrack.genome.sequence import N
from regtrack.models.blocks import Head
from regtrack.training import tiles as sizes
from regtrack.training.loss import (
    Weights,
    batch_loss,
    cross_entropy,
    cross_entropy_slope,
    marker_weights,
    scored_loss,
)
from regtrack.training.tiles import tiles

LENGTH, MARKERS, CHANNELS = 157, 5, 6


def case(seed: int, spread: float = 3.0, windows: int = 3) -> tuple[Head, Tensor, Batch]:
    """A head, its input (B, L, C), and a batch with N and labelled stretches."""
    random = np.random.default_rng(seed)
    torch.manual_seed(seed)
    head = Head(CHANNELS, 7, MARKERS, dropout=0.0).train()
    torch.nn.init.normal_(head.output.weight, std=spread)
    rows = []
    for index in range(windows):
        for marker in range(MARKERS):
            ends = np.sort(random.choice(LENGTH + 1, 4, replace=False))
            rows += [(index, marker, *ends[:2]), (index, marker, *ends[2:])]
    codes = random.integers(0, N + 1, (windows, LENGTH), np.uint8)
    batch = Batch(torch.from_numpy(codes), torch.tensor(rows, dtype=torch.int32))
    return head, inputs_for(head, windows), batch


def inputs_for(head: Head, windows: int) -> Tensor:
    """Input (B, L, C) of which no unit is so near to 0 that it is on or off by rounding alone."""
    x = torch.randn(windows, LENGTH, CHANNELS)
    while True:
        near = (head.hidden(x).abs() < 1e-5).any(2)
        if not near.any():
            return x
        x[near] = torch.randn(int(near.sum()), CHANNELS)


def plain_labels(batch: Batch) -> Tensor:
    """Labels (B, M, L), stretch by stretch."""
    labels = torch.zeros(len(batch), MARKERS, LENGTH, dtype=torch.float64)
    for index, marker, start, end in batch.rows.tolist():
        labels[index, marker, start:end] = 1
    return labels


def reference(
    head: Head, x: Tensor, batch: Batch, weight: float = 1.0, markers: Tensor | None = None
) -> tuple[Tensor, list[Tensor]]:
    """The loss and its gradients by input, weights and biases: by PyTorch, at once, in float64."""
    exact, x = copy.deepcopy(head).double(), x.double().requires_grad_()
    every = F.binary_cross_entropy_with_logits(
        exact(x), plain_labels(batch), pos_weight=torch.tensor(weight).double(), reduction="none"
    )
    if markers is not None:
        every = every * markers.double()[:, None]
    loss = every.transpose(1, 2)[batch.codes != N].mean()
    loss.backward()
    return loss.detach(), [one.grad for one in (x, *exact.parameters()) if one.grad is not None]


def found(
    head: Head, x: Tensor, batch: Batch, weight: float = 1.0, markers: Tensor | None = None
) -> tuple[Tensor, list[Tensor]]:
    """The same by `batch_loss`."""
    x = x.clone().requires_grad_()
    head.zero_grad()
    loss = batch_loss(head, x, batch, Weights(weight, markers))
    loss.backward()
    return loss.detach(), [one.grad for one in (x, *head.parameters()) if one.grad is not None]


def assert_same(one: tuple[Tensor, list[Tensor]], other: tuple[Tensor, list[Tensor]]) -> None:
    """The same loss and the same gradients, to the precision of float32."""
    assert one[0].item() == pytest.approx(other[0].item(), rel=1e-5)
    assert len(one[1]) == len(other[1]) == 5
    for left, right in zip(one[1], other[1], strict=True):
        scale = right.abs().max().item()
        torch.testing.assert_close(left.double(), right.double(), rtol=1e-4, atol=1e-5 * scale)


@pytest.fixture(params=[1, MARKERS * 40, MARKERS * LENGTH * 2, 1 << 20])
def tile_size(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> int:
    """Tiles of few positions, of a part of a window, of two windows, and of the whole batch."""
    size = int(request.param)
    monkeypatch.setattr(sizes, "_CPU", size)
    monkeypatch.setattr(sizes, "_LEAST", 13)
    return size


def test_tiles_cover_every_base_of_the_batch_once(tile_size: int) -> None:
    _, _, batch = case(0)
    seen = torch.zeros(len(batch), LENGTH)
    labels = torch.zeros(len(batch), MARKERS, LENGTH)
    for tile in tiles(batch, MARKERS):
        seen[tile.windows, tile.span] += 1
        here = torch.zeros_like(labels[tile.windows, :, tile.span])
        here.view(-1)[labelled_places(batch, MARKERS, windows=tile.windows, span=tile.span)] = 1
        labels[tile.windows, :, tile.span] = here
        known = (batch.codes != N)[tile.windows, tile.span]
        assert tile.known is not None and torch.equal(tile.known, known)
        assert known.numel() * MARKERS <= max(tile_size, MARKERS * 13)
    assert seen.eq(1).all()
    assert torch.equal(labels.double(), plain_labels(batch))


@pytest.mark.parametrize("weight", [1.0, 0.5, 8.0])
def test_loss_and_gradients_are_those_of_the_whole(tile_size: int, weight: float) -> None:
    one = case(tile_size, windows=3)
    assert_same(found(*one, weight), reference(*one, weight))


@pytest.mark.parametrize("weight", [1.0, 8.0])
def test_without_n_the_loss_is_that_of_all_bases(tile_size: int, weight: float) -> None:
    head, x, batch = case(tile_size + 2)
    batch = replace(batch, codes=batch.codes.clamp(max=N - 1))
    assert all(tile.known is None for tile in tiles(batch, MARKERS))
    assert_same(found(head, x, batch, weight), reference(head, x, batch, weight))


@pytest.mark.parametrize("weight", [1.0, 8.0])
@pytest.mark.parametrize("spread", [0.1, 3.0, 60.0])
def test_losses_and_slopes_by_labels_of_every_base(weight: float, spread: float) -> None:
    """As GPUs compute them."""
    x = (spread * torch.randn(2, MARKERS, LENGTH)).double().requires_grad_()
    labels = (torch.rand(x.shape) < 0.1).to(torch.uint8)
    expected = F.binary_cross_entropy_with_logits(
        x, labels.double(), pos_weight=torch.tensor(weight).double(), reduction="none"
    )
    expected.sum().backward()
    assert x.grad is not None
    logits = x.detach().float()
    losses, slopes = (of(logits, labels, weight) for of in (cross_entropy, cross_entropy_slope))
    torch.testing.assert_close(losses.double(), expected.detach(), rtol=1e-5, atol=1e-5)
    torch.testing.assert_close(slopes.double(), x.grad, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("step", [2, 5, LENGTH])
def test_losses_of_every_so_many_bases_add_up_to_that_of_all(tile_size: int, step: int) -> None:
    head, x, batch = case(step, windows=3)
    x.requires_grad_()
    head.zero_grad()
    known = batch.known.sum()
    parts = []
    for first in range(step):
        fewer = batch.every(step, first)
        share = fewer.known.sum() / known
        parts.append(share * batch_loss(head, x[:, first::step], fewer))
    loss = torch.stack(parts).sum()
    loss.backward()
    gradients = [one.grad for one in (x, *head.parameters()) if one.grad is not None]
    assert_same((loss.detach(), gradients), reference(head, x.detach(), batch))


@pytest.mark.parametrize("weight", [1.0, 8.0])
def test_markers_count_as_they_are_weighted(tile_size: int, weight: float) -> None:
    one = case(tile_size + 1, windows=3)
    markers = torch.rand(MARKERS) + 0.1
    assert_same(found(*one, weight, markers), reference(*one, weight, markers))


def test_weights_even_out_the_entropy_of_base_rates() -> None:
    rates = torch.tensor([0.5, 0.1, 0.01, 0.0])
    entropy = -(rates * rates.log2() + (1 - rates) * (1 - rates).log2())[:3]
    assert marker_weights(rates, 0.0).tolist() == pytest.approx([1.0] * 4)
    for balance in (0.3, 1.0):
        weights = marker_weights(rates, balance)
        shares = weights[:3] * entropy
        ratios = shares / shares[0]
        assert ratios.tolist() == pytest.approx(
            ((entropy / entropy[0]) ** (1 - balance)).tolist(), rel=1e-4
        )
        # a marker without labels counts as one on 1 of 10,000 bases
        assert weights[3] == marker_weights(torch.tensor([0.5, 0.1, 0.01, 1e-4]), balance)[3]


@example(seed=666, weight=1.0, spread=0.1)  # a unit of 1e-8 before it is redrawn
@given(st.integers(0, 1000), st.sampled_from([1.0, 8.0]), st.sampled_from([0.1, 3, 60]))
@settings(deadline=None, max_examples=25)
def test_loss_and_gradients_are_those_of_pytorch(seed: int, weight: float, spread: float) -> None:
    one = case(seed, spread)
    assert_same(found(*one, weight), reference(*one, weight))


def test_the_gradient_of_a_scaled_loss_is_scaled() -> None:
    head, x, batch = case(1)
    x.requires_grad_()
    (batch_loss(head, x, batch) / 3).backward()
    _, slopes = reference(head, x.detach(), batch)
    assert x.grad is not None
    torch.testing.assert_close(x.grad.double(), slopes[0] / 3, rtol=1e-4, atol=1e-9)


def test_dropped_units_have_no_gradient_and_the_others_are_scaled(tile_size: int) -> None:
    """The same masks, drawn again, in a loss that PyTorch differentiates."""
    head, x, batch = case(2)
    head.rectify = type(head.rectify)(0.5).train()
    torch.manual_seed(3)
    loss, slopes = found(head, x, batch)
    torch.manual_seed(3)
    y = x.clone().requires_grad_()
    head.zero_grad()
    units = torch.empty(len(batch), LENGTH, 7)
    for tile in tiles(batch, MARKERS):
        units[tile.windows, tile.span] = head.units(y[tile.windows, tile.span])
    assert units.eq(0).float().mean() > 0.6
    every = F.binary_cross_entropy_with_logits(
        head.logits(units), plain_labels(batch).float(), reduction="none"
    )
    expected = every.transpose(1, 2)[batch.codes != N].mean()
    expected.backward()
    parts = [one.grad for one in (y, *head.parameters()) if one.grad is not None]
    assert_same((loss, slopes), (expected.detach(), parts))


def test_without_a_gradient_the_loss_is_the_same(tile_size: int) -> None:
    head, x, batch = case(4)
    with torch.no_grad():
        loss = batch_loss(head, x, batch)
    assert loss.item() == pytest.approx(reference(head, x, batch)[0].item(), rel=1e-5)
    assert not loss.requires_grad


def test_a_frozen_head_passes_the_gradient_on() -> None:
    head, x, batch = case(5)
    head.requires_grad_(False)
    x.requires_grad_()
    batch_loss(head, x, batch).backward()
    assert x.grad is not None
    assert x.grad.abs().sum() > 0
    assert all(one.grad is None for one in head.parameters())


def test_a_batch_of_only_n_has_no_loss() -> None:
    head, x, batch = case(6)
    empty = Batch(torch.full_like(batch.codes, N), batch.rows)
    loss, slopes = found(head, x, empty)
    assert loss == 0
    assert not any(one.any() for one in slopes)


def test_mixed_precision_has_a_loss_and_gradients_of_weights_in_full() -> None:
    head, x, batch = case(7, spread=0.3)
    x = x.bfloat16().float()
    with torch.autocast("cpu", dtype=torch.bfloat16):
        loss, slopes = found(head, x, batch)
    expected, exact = reference(head, x, batch)
    assert loss.dtype == torch.float32
    assert {one.dtype for one in slopes} == {torch.float32}
    assert loss.item() == pytest.approx(expected.item(), rel=5e-3)
    for half, full in zip(slopes, exact, strict=True):
        assert (half - full).norm() < 0.03 * full.norm()


def test_the_validated_loss_is_the_same_and_every_logit_is_counted(tile_size: int) -> None:
    head, x, batch = case(8)
    head.eval()
    curves, whole = (StreamingCurves(torch.zeros(MARKERS)) for _ in range(2))
    loss = scored_loss(head, x, batch, curves, Weights(2.0))
    whole.update(head(x).detach(), dense_labels(batch, MARKERS), batch.codes != N)
    assert loss.item() == pytest.approx(reference(head, x, batch, 2.0)[0].item(), rel=1e-5)
    assert torch.equal(curves.counts, whole.counts)
