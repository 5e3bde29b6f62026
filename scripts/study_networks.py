"""The hybrid with one part replaced: what `scripts/study.py` compares it with.

Each of these is a family in the registry of networks while the study runs, so that all are trained
and scored like any other network. Their blocks keep to the rules of `regtrack.models.blocks`, but
are made for windows as long as a multiple of the stride; they are not made to be swept.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, cast
from unittest.mock import patch

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from regtrack.dataset.loader import Batch, dense_labels
from regtrack.models import registry
from regtrack.models.blocks import (
    AfterConv,
    Block,
    Downsample,
    Head,
    PassNorm,
    SamePadConv,
    Upsample,
)
from regtrack.models.context import Beside, Join, MaxDownsample, Residual
from regtrack.models.hybrid import POOLED_WIDTH, RESIDUAL_WIDTH, HybridSettings
from regtrack.models.network import EMBEDDING, TrackModel
from regtrack.training import loss, module
from regtrack.training.loss import EVEN, Weights, cross_entropy
from regtrack.training.module import TrackTraining


class Gated(Residual):
    """A residual block whose narrow convolution is multiplied by the sigmoid of a second one."""

    def __init__(
        self, channels: int, width: int, after: AfterConv, *, depth: int, dilation: int
    ) -> None:
        super().__init__(channels, width, after, depth=depth, dilation=dilation)
        self.gate = nn.Conv1d(
            channels, -(-channels // 2), width, dilation=dilation,
            padding=(width - 1) // 2 * dilation,
        )  # fmt: skip

    def forward(self, x: Tensor, index: int = 0) -> Tensor:
        """Floats (B, L, C) to (B, L, C)."""
        normed = self._normed(x, index)
        found = self.narrow(normed, index) * torch.sigmoid(self.gate(normed.mT)).mT
        return x + cast(Tensor, self.widen(found))


class ConvNext(Block):
    """A depthwise convolution, layer normalisation and two dense layers (Liu et al. 2022)."""

    def __init__(self, channels: int, width: int, dropout: float, *, dilation: int) -> None:
        super().__init__()
        self.reach = (width - 1) // 2 * dilation
        self.depthwise = nn.Conv1d(
            channels, channels, width, groups=channels, dilation=dilation, padding=self.reach
        )
        self.norm = nn.LayerNorm(channels)
        self.dense = nn.Sequential(
            nn.Linear(channels, 2 * channels), nn.GELU(), nn.Dropout(dropout),
            nn.Linear(2 * channels, channels),
        )  # fmt: skip
        self.scale = nn.Parameter(torch.full((channels,), 0.1))

    def needs(self, first: int, last: int) -> tuple[int, int]:
        """What the convolution reads."""
        return first - self.reach, last + self.reach

    def forward(self, x: Tensor, index: int = 0) -> Tensor:  # noqa: ARG002
        """Floats (B, L, C) to (B, L, C)."""
        found = self.depthwise(x.mT).mT
        return x + self.scale * cast(Tensor, self.dense(self.norm(found)))


class BothStrands(SamePadConv):
    """A convolution whose filters read both strands; the larger of the two is kept.

    It takes an embedding whose complement is its channels in the opposite order, as one-hot
    letters A C G T are.
    """

    def convolve(self, x: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
        """Floats (B, L, 4) to (B, L, C')."""
        forward = super().convolve(x, weight, bias)
        return torch.maximum(forward, super().convolve(x, weight.flip(1, 2), bias))


def one_hot(model: TrackModel) -> TrackModel:
    """Give a network letters that are not learnt; N is zeros."""
    with torch.no_grad():
        model.embed.weight.copy_(torch.cat([torch.eye(EMBEDDING), torch.zeros(1, EMBEDDING)]))
    model.embed.weight.requires_grad_(False)
    return model


Parts = dict[str, Any]


def parts(settings: HybridSettings) -> Parts:
    """The blocks of the hybrid, by what they do."""
    fine, coarse, joined = settings.channels
    after = settings.after_conv()
    depth = len(settings.dilations)
    return {
        "stem": SamePadConv(EMBEDDING, fine, settings.width, after),
        "shorten": [MaxDownsample(settings.block)],
        "enter": SamePadConv(fine, coarse, POOLED_WIDTH, after),
        "context": [
            Residual(coarse, RESIDUAL_WIDTH, after, depth=depth, dilation=dilation)
            for dilation in settings.dilations
        ],
        "join": Join(fine, coarse, joined, settings.block, after),
    }


def assemble(
    name: str,
    marker_count: int,
    settings: HybridSettings,
    found: Parts,
    *,
    trunk: Sequence[Block] | None = None,
) -> TrackModel:
    """A network of those blocks, or of a trunk of its own."""
    beside = Beside([*found["shorten"], found["enter"], *found["context"]])
    joined = settings.channels[-1]
    return TrackModel(
        name,
        settings.to_dict(),
        trunk=trunk or [found["stem"], beside, found["join"]],
        head=Head(joined, settings.hidden, marker_count, settings.dropout),
        conjoined=settings.both_strands,
    )


def with_gates(markers: int, settings: HybridSettings) -> TrackModel:
    """Residual blocks with gates."""
    found, coarse = parts(settings), settings.channels[1]
    found["context"] = [
        Gated(
            coarse, RESIDUAL_WIDTH, settings.after_conv(), depth=len(settings.dilations),
            dilation=dilation,
        )
        for dilation in settings.dilations
    ]  # fmt: skip
    return assemble("hybrid-gated", markers, settings, found)


def with_convnext(markers: int, settings: HybridSettings) -> TrackModel:
    """ConvNeXt blocks instead of residual ones."""
    found, coarse = parts(settings), settings.channels[1]
    found["context"] = [
        ConvNext(coarse, RESIDUAL_WIDTH, settings.dropout, dilation=dilation)
        for dilation in settings.dilations
    ]
    return assemble("hybrid-convnext", markers, settings, found)


def without_residuals(markers: int, settings: HybridSettings) -> TrackModel:
    """Dilated convolutions that replace their input."""
    found, coarse = parts(settings), settings.channels[1]
    found["context"] = [
        SamePadConv(coarse, coarse, RESIDUAL_WIDTH, settings.after_conv(), dilation=dilation)
        for dilation in settings.dilations
    ]
    return assemble("hybrid-plain", markers, settings, found)


def without_join(markers: int, settings: HybridSettings) -> TrackModel:
    """The context alone, brought back to single bases by a transposed convolution."""
    found, (_, coarse, joined) = parts(settings), settings.channels
    trunk = [
        found["stem"], *found["shorten"], found["enter"], *found["context"],
        Upsample(coarse, joined, settings.block, settings.after_conv()),
    ]  # fmt: skip
    return assemble("hybrid-no-join", markers, settings, found, trunk=trunk)


def with_stride(markers: int, settings: HybridSettings) -> TrackModel:
    """A convolution with a stride instead of max pooling."""
    found, fine = parts(settings), settings.channels[0]
    found["shorten"] = [Downsample(fine, fine, settings.block, settings.after_conv())]
    return assemble("hybrid-strided", markers, settings, found)


def with_both_strands(markers: int, settings: HybridSettings) -> TrackModel:
    """A first layer that does not know the strand of a motif."""
    found, fine = parts(settings), settings.channels[0]
    found["stem"] = BothStrands(EMBEDDING, fine, settings.width, settings.after_conv())
    return one_hot(assemble("hybrid-strands", markers, settings, found))


FAMILIES = {
    "hybrid-gated": with_gates,
    "hybrid-convnext": with_convnext,
    "hybrid-plain": without_residuals,
    "hybrid-no-join": without_join,
    "hybrid-strided": with_stride,
    "hybrid-strands": with_both_strands,
}


def register() -> None:
    """Add them to the registry of networks of this process."""
    for name, build in FAMILIES.items():
        registry.MODELS[name] = registry.Family(HybridSettings, build)


def coarse_loss(head: Head, x: Tensor, batch: Batch, weights: Weights, width: int) -> Tensor:
    """Binary cross-entropy of bins of `width` bp, each labelled if any of its bases is.

    The head reads the mean of a bin's features, floats (B, L, C).
    """
    bins = x.shape[1] // width
    means = x[:, : bins * width].reshape(len(x), bins, width, -1).mean(2)
    logits = head(means)
    labels = dense_labels(batch, logits.shape[1])[..., : bins * width]
    found = labels.reshape(*labels.shape[:2], bins, width).amax(3)
    losses = cross_entropy(logits, found, weights.positive)
    mean: Tensor = weights.summed(losses).mean() / logits.shape[1]
    return mean


@contextmanager
def losses_at(widths: Sequence[int]) -> Iterator[None]:
    """Train with the mean of the losses of single bases and of bins of some widths (bp)."""
    plain = loss.batch_loss

    def several(head: Head, x: Tensor, batch: Batch, weights: Weights = EVEN) -> Tensor:
        fine = plain(head, x, batch, weights)
        if not torch.is_grad_enabled():
            return fine
        coarse = [coarse_loss(head, x, batch, weights, width) for width in widths]
        return torch.stack([fine, *coarse]).mean()

    vars(module)["batch_loss"] = several if widths else plain
    try:
        yield
    finally:
        vars(module)["batch_loss"] = plain


@contextmanager
def renormalised(after: int | None) -> Iterator[None]:
    """Train with batch renormalisation (Ioffe 2017) once some steps have filled the statistics.

    The values of a batch are then normalised by the running statistics, as in evaluation, within
    the paper's limits; gradients pass through those of the batch. With None, training is as usual.
    """
    plain, begin = PassNorm.forward, TrackTraining.on_train_batch_start
    on = False

    def begun(self: TrackTraining, batch: Batch, batch_idx: int) -> None:
        nonlocal on
        on = after is not None and self.global_step >= after
        begin(self, batch, batch_idx)

    def normed(self: PassNorm, x: Tensor, index: int) -> Tensor:
        if not on:
            return plain(self, x, index)
        rows = x.flatten(0, 1)
        scale, shift = towards_running(self, rows.detach().float(), index)
        found = F.batch_norm(
            rows, self.running_mean[index], self.running_var[index], self.weight * scale,
            self.bias + self.weight * shift, training=True, momentum=self.momentum, eps=self.eps,
        )  # fmt: skip
        return found.view_as(x)

    with (
        patch.object(PassNorm, "forward", normed),
        patch.object(TrackTraining, "on_train_batch_start", begun),
    ):
        yield


def towards_running(norm: PassNorm, rows: Tensor, index: int) -> tuple[Tensor, Tensor]:
    """Scale and shift, floats (C,), from the statistics of rows (N, C) to the running ones."""
    var, mean = torch.var_mean(rows, 0, correction=0)
    spread = torch.sqrt(norm.running_var[index] + norm.eps)
    scale = torch.sqrt(var + norm.eps) / spread
    shift = (mean - norm.running_mean[index]) / spread
    return scale.clamp(1 / 3, 3), shift.clamp(-5, 5)
