"""The loss of a batch, and its gradient, a few positions at a time.

The logits of a batch of 8 windows of 25 kb and 919 markers are 735 MB in float32, and a plain loss
needs several tensors of this size, besides labels for every base. Here neither logits nor labels of
more than a tile exist at once: the head, the labels, the loss and the gradients of all weights of
the head and of its input are computed for one tile after the other, in the processor's caches.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple, cast

import torch
import torch.nn.functional as F
from torch import Tensor
from torch.autograd.function import once_differentiable

from regtrack.dataset.loader import Batch, dense_labels
from regtrack.evaluation.metrics import StreamingCurves
from regtrack.models.blocks import Head

# logits of a tile: a megabyte in float32, half of a core's second cache; a GPU is fastest with
# few large tiles
_CPU = 1 << 18
_DEVICE = 1 << 26
_LEAST = 128  # positions
RAREST = 1e-4  # base rate; rarer markers count as if they had this one


class Tile(NamedTuple):
    """A part of a batch.

    Attributes:
        windows: of the batch.
        span: labels of each.
        labels: uint8 (B, M, T), 0 or 1.
        known: bool (B, T); False for N.
    """

    windows: slice
    span: slice
    labels: Tensor
    known: Tensor


class Weights(NamedTuple):
    """What counts how much in a loss.

    Attributes:
        positive: a labelled base, relative to an unlabelled one.
        markers: each marker, floats (M,); None: all 1.
    """

    positive: float = 1.0
    markers: Tensor | None = None

    def summed(self, losses: Tensor, rows: slice = slice(None)) -> Tensor:
        """The sum over markers, floats (B, T), of the losses of some rows, (B, M, T)."""
        if self.markers is None:
            return losses.sum(1)
        return torch.einsum("m,bmt->bt", self.markers[rows], losses)


EVEN = Weights()


def marker_weights(base_rates: Tensor, balance: float) -> Tensor:
    """How much each marker counts, floats (M,), so that rare ones are not drowned by frequent ones.

    The first loss of a marker is the entropy H of its base rate, and so is roughly its share in
    the gradient: a histone mark on 5 % of the bases has twenty times that of a transcription
    factor on 0.1 %. Weights are H^-balance, scaled to leave the first loss of all as it is.

    Args:
        base_rates: floats (M,), the labelled fraction of the bases.
        balance: 0, as they come, to 1, all markers alike.

    >>> weights = marker_weights(torch.tensor([0.001, 0.05]), 1.0)
    >>> round(float(weights[0] / weights[1]))
    25
    """
    rates = base_rates.clamp(RAREST, 1 - RAREST)
    entropy = F.binary_cross_entropy(rates, rates, reduction="none")
    weights = entropy**-balance
    return weights * entropy.sum() / (weights * entropy).sum()


def tiles(batch: Batch, marker_count: int) -> Iterator[Tile]:
    """The tiles of a batch, window by window where windows are larger than a tile."""
    count, length = len(batch), batch.labels
    size = _CPU if batch.codes.device.type == "cpu" else _DEVICE
    at_once = min(max(size // (marker_count * length), 1), count)
    positions = min(max(size // (marker_count * at_once), _LEAST), length)
    known = batch.known
    for first in range(0, count, at_once):
        windows = slice(first, min(first + at_once, count))
        for start in range(0, length, positions):
            span = slice(start, min(start + positions, length))
            labels = dense_labels(batch, marker_count, windows=windows, span=span)
            yield Tile(windows, span, labels, known[windows, span])


def batch_loss(head: Head, x: Tensor, batch: Batch, weights: Weights = EVEN) -> Tensor:
    """Mean binary cross-entropy over the known labels of all markers, a float32 scalar.

    Args:
        head: the dense layers; in training mode with dropout.
        x: its input, floats (B, P, C), a position per label.
        batch: the windows, with codes (B, L); N is left out of the loss.
        weights: what counts how much.
    """
    layers = (head.hidden.weight, head.hidden.bias, head.output.weight, head.output.bias)
    loss = _BatchLoss.apply(x, head, batch, weights, *layers)  # type: ignore[no-untyped-call]
    return cast(Tensor, loss)


@torch.no_grad()
def scored_loss(
    head: Head, x: Tensor, batch: Batch, curves: StreamingCurves, weights: Weights = EVEN
) -> Tensor:
    """The loss as `batch_loss` gives it, without a gradient, and the logits counted in curves.

    Logits and labels of a few markers of a window exist at once.

    Args:
        head: the dense layers, in evaluation mode.
        x: as `batch_loss`, floats (B, L, C).
        batch: as `batch_loss`.
        curves: where the logits of all markers are counted.
        weights: as `batch_loss` has them.
    """
    count, length = len(batch), batch.labels
    markers = len(curves.centre)
    size = _CPU if batch.codes.device.type == "cpu" else _DEVICE
    together = min(max(size // (length * markers), 1), count)  # windows, where they are short
    at_once = max(size // (length * together), 1)
    total = torch.zeros((), device=x.device)
    for start in range(0, count, together):
        here = slice(start, start + together)
        units, known = head.units(x[here]), batch.known[here]
        for first in range(0, markers, at_once):
            rows = slice(first, min(first + at_once, markers))
            labels = dense_labels(batch, markers, windows=here, markers=rows)
            logits = head.logits(units, range(rows.start, rows.stop))
            losses = weights.summed(cross_entropy(logits, labels, weights.positive), rows)
            total += (losses * known).sum()
            curves.update(logits, labels, known, first)
    return total / (batch.known.sum() * markers).clamp(min=1)


def cross_entropy(logits: Tensor, labels: Tensor, positive_weight: float = 1.0) -> Tensor:
    """Binary cross-entropy, float32 (B, M, T), of logits and labels of that shape.

    For weight w and label y it is (1 + (w - 1) y) softplus(x) - w y x, stable for every logit x.
    """
    x = logits.float()
    return _weighted(F.softplus(x), labels, positive_weight).sub_(_hit(labels, positive_weight) * x)


def cross_entropy_slope(logits: Tensor, labels: Tensor, positive_weight: float = 1.0) -> Tensor:
    """The derivative of `cross_entropy` by the logits, float32 (B, M, T)."""
    found = torch.sigmoid(logits.float())
    return _weighted(found, labels, positive_weight).sub_(_hit(labels, positive_weight))


def _weighted(values: Tensor, labels: Tensor, positive_weight: float) -> Tensor:
    """The values of each base by its weight, in place."""
    return values if positive_weight == 1 else values.mul_(1 + (positive_weight - 1) * labels)


def _hit(labels: Tensor, positive_weight: float) -> Tensor:
    """The weight of a labelled base, and 0 elsewhere."""
    return labels if positive_weight == 1 else positive_weight * labels


class _BatchLoss(torch.autograd.Function):
    """The gradients are computed along with the loss, and scaled in the backward pass."""

    @staticmethod
    def forward(
        context: Any, x: Tensor, head: Head, batch: Batch, weights: Weights, *layers: Tensor
    ) -> Tensor:
        w1, b1, w2, b2 = layers
        share = 1 / (batch.known.sum() * len(b2)).clamp(min=1)
        total = torch.zeros((), device=x.device)
        gradients = _Gradients(x, *layers) if any(context.needs_input_grad) else None
        for tile in tiles(batch, len(b2)):
            here = x[tile.windows, tile.span]
            hidden = head.rectify.without_gradient(F.linear(here, w1, b1))
            logits = torch.baddbmm(b2[None, :, None], w2.expand(len(here), -1, -1), hidden.mT)
            losses = weights.summed(cross_entropy(logits, tile.labels, weights.positive))
            total += (losses * tile.known).sum() * share
            if gradients:
                slope = cross_entropy_slope(logits, tile.labels, weights.positive)
                slope.mul_((tile.known * share)[:, None])
                if weights.markers is not None:
                    slope.mul_(weights.markers[:, None])
                gradients.add(tile, here, hidden, slope.to(hidden.dtype), head.rectify.scale)
        if gradients:
            context.save_for_backward(*gradients.of)
        return total

    @staticmethod
    @once_differentiable
    def backward(context: Any, upstream: Tensor) -> tuple[Tensor | None, ...]:
        # in place: the graph is used only once
        of_x, *of_layers = (one.mul_(upstream) for one in context.saved_tensors)
        return of_x, None, None, None, *of_layers


class _Gradients:
    """The gradients of a head and of its input, summed up tile by tile.

    Attributes:
        of: the input (B, L, C), and the weights and biases of both layers.
    """

    def __init__(self, x: Tensor, w1: Tensor, b1: Tensor, w2: Tensor, b2: Tensor) -> None:
        self.of = (torch.empty_like(x), *(torch.zeros_like(one) for one in (w1, b1, w2, b2)))
        self._w1, self._w2 = w1, w2

    def add(self, tile: Tile, x: Tensor, hidden: Tensor, slope: Tensor, scale: float) -> None:
        """Add those of a tile.

        Args:
            tile: it.
            x: the head's input, floats (B, T, C).
            hidden: what the hidden layer gave, (B, T, H).
            slope: of the loss by the logits, (B, M, T).
            scale: of the hidden layer's values that are more than zero.
        """
        d_x, d_w1, d_b1, d_w2, d_b2 = self.of
        d_w2 += torch.einsum("bmt,bth->mh", slope, hidden)
        d_b2 += slope.sum((0, 2), dtype=d_b2.dtype)
        towards = torch.matmul(slope.mT, (self._w2 * scale).to(slope.dtype))  # (B, T, H)
        towards = torch.ops.aten.threshold_backward(towards, hidden, 0)
        rows = towards.flatten(0, 1)
        d_w1 += rows.T @ x.flatten(0, 1).to(rows.dtype)
        d_b1 += rows.sum(0, dtype=d_b1.dtype)
        d_x[tile.windows, tile.span] = torch.matmul(towards, self._w1.to(rows.dtype))
