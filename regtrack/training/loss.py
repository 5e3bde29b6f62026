"""The loss of a batch, and its gradient, a few positions at a time.

The logits of a batch of 8 windows of 25 kb and 919 markers are 735 MB in float32, and a plain loss
needs several tensors of this size, besides labels for every base. Here neither logits nor labels of
more than a tile exist at once: the head, the labels, the loss and the gradients of all weights of
the head and of its input are computed for one tile after the other, in the processor's caches.
"""

from __future__ import annotations

from typing import Any, NamedTuple, cast

import torch
import torch.nn.functional as F
from torch import Tensor
from torch.autograd.function import once_differentiable

from regtrack.dataset.loader import Batch, dense_labels, labelled_places
from regtrack.evaluation.metrics import StreamingCurves
from regtrack.models.blocks import Head
from regtrack.training.head import Gradients, Layers
from regtrack.training.tiles import Tile, tile_size, tiles

_LARGE = 80.0  # logits whose exponential is near the end of float32
RAREST = 1e-4  # base rate; rarer markers count as if they had this one


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
    size = tile_size(batch.codes.device)
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


def _losses_and_slopes(
    logits: Tensor, batch: Batch, tile: Tile, positive_weight: float
) -> tuple[Tensor, Tensor]:
    """`cross_entropy` and `cross_entropy_slope` of a tile's logits, which may be overwritten.

    On CPUs, passes over all logits take long. So there are few, and labels are applied at labelled
    bases alone.
    """
    count = logits.shape[1]
    if logits.device.type != "cpu":  # a GPU would wait for the number of labelled bases
        labels = dense_labels(batch, count, windows=tile.windows, span=tile.span)
        return (
            cross_entropy(logits, labels, positive_weight),
            cross_entropy_slope(logits, labels, positive_weight),
        )
    x = logits.float()
    places = labelled_places(batch, count, windows=tile.windows, span=tile.span)
    labelled = x.view(-1)[places]
    losses, slopes = _unlabelled(x)
    for values, one in ((losses.view(-1), labelled), (slopes.view(-1), 1.0)):
        values[places] = positive_weight * (values[places] - one)
    return losses, slopes


def _unlabelled(x: Tensor) -> tuple[Tensor, Tensor]:
    """softplus(x) and sigmoid(x) of float32, to 6e-8; x is overwritten."""
    if x.amax() > _LARGE:
        return F.softplus(x), torch.sigmoid(x)
    odds = x.exp_()
    total = odds + 1
    slopes = odds.div_(total)
    return total.log_(), slopes


class _BatchLoss(torch.autograd.Function):
    """The gradients are computed along with the loss, and scaled in the backward pass."""

    @staticmethod
    def forward(
        context: Any, x: Tensor, head: Head, batch: Batch, weights: Weights, *layers: Tensor
    ) -> Tensor:
        gradients = Gradients(x, *layers) if any(context.needs_input_grad) else None
        total = torch.zeros((), device=x.device)
        ready = Layers.of(x, head, *layers)
        for tile in tiles(batch, count := len(ready.output)):
            here = x[tile.windows, tile.span].to(ready.output.dtype)
            inputs = ready.inputs(here)
            logits = torch.bmm(ready.output.expand(len(inputs), -1, -1), inputs.mT)
            losses, slope = _losses_and_slopes(logits, batch, tile, weights.positive)
            total += tile.of_known(weights.summed(losses)).sum()
            if gradients:
                tile.of_known(slope)
                if weights.markers is not None:
                    slope.mul_(weights.markers[:, None])
                gradients.add(tile, here, inputs, slope.to(inputs.dtype), ready)
        context.share = 1 / (batch.known.sum() * count).clamp(min=1)
        if gradients:
            context.save_for_backward(*gradients.of)
        return cast(Tensor, total * context.share)

    @staticmethod
    @once_differentiable
    def backward(context: Any, upstream: Tensor) -> tuple[Tensor | None, ...]:
        # in place: the graph is used only once
        scale = upstream * context.share
        of_x, *of_layers = (one.mul_(scale) for one in context.saved_tensors)
        return of_x, None, None, None, *of_layers
