"""Precision-recall and ROC curves of millions of positions per marker, in constant memory.

Logits are counted in a histogram per marker and label, on the device that holds them. Logits in the
same bin count as equal scores; apart from that, every score is exact.

A network ends in ReLU and a linear layer: if its hidden units are inactive, a marker's logit equals
its bias, so logits crowd around the bias, thousands of them within 0.001. Bins are therefore spaced
as floats are, by the distance from the marker's centre: 256 per doubling, from 2^-16 to 16, and one
for anything closer. On the logits of trained networks, average precision then differs from that of
the raw logits by less than 0.0005; with 256 bins of equal width per logit it differs by 0.002.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Protocol

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from regtrack.errors import CheckpointError
from regtrack.evaluation.pieces import pieces
from regtrack.measures.bins import FloatBins
from regtrack.measures.counting import count_rows
from regtrack.measures.curve import MIN_POSITIVES, Curve, Values
from regtrack.measures.reliability import Reliability
from regtrack.measures.temperature import sigmoid
from regtrack.models.network import TrackModel

# bins of the distance between a logit and its marker's centre
BINS = FloatBins(fraction_bits=8, nearest=-16, farthest=4)
NAN_LOGITS = "the model gives NaN; it diverged in training: train again at a lower learning rate"
_FEW = 64  # positions of a window, of which several windows are then counted as one
_LEFT_OUT = 2  # plane of the histogram for masked positions, after those of the labels 0 and 1


class Curves(Protocol):
    """A precision-recall and a ROC curve per marker, fed batch by batch."""

    def update(self, logits: Tensor, labels: Tensor, mask: Tensor | None = None) -> None:
        """Add a batch.

        Args:
            logits: floats (B, M, L).
            labels: uint8 (B, M, L), 0 or 1.
            mask: bool (B, L), False at positions to leave out (N); None: use all.
        """

    def positives(self) -> npt.NDArray[np.int64]:
        """Number of labelled bases, int64 (M,)."""

    def base_rate(self) -> Values:
        """The labelled fraction of the bases, float64 (M,)."""

    def average_precision(self) -> Values:
        """Area under the precision-recall curve by steps, float64 (M,)."""

    def pr_auc_trapezoid(self) -> Values:
        """Area under the precision-recall curve by trapezoids, float64 (M,)."""

    def roc_auc(self) -> Values:
        """Area under the ROC curve, float64 (M,); also NaN if every base is labelled."""

    def reliability(self) -> Reliability:
        """Bases and labelled bases by score, (M, bins)."""


class StreamingCurves:
    """A curve per marker, fed batch by batch, on the device that holds the logits.

    Scores are float64 (M,), NaN for a marker with fewer than 10 labelled bases.

    Args:
        centre: floats (M,), the value around which a marker's logits crowd: its bias in the last
            layer. It must be the same in processes whose counts are added up.

    Attributes:
        counts: int64 (M, 2, bins): positions by marker, label and bin of the logit. Counts of
            several processes can be added up (`merge`).
        nans: int64 scalar: the number of pieces of the logits that held NaN, which can be added up
            too. It is read only for scores, since reading it makes the host wait for a GPU.

    Raises:
        CheckpointError: when a score is computed, if a logit was NaN.
    """

    def __init__(self, centre: Tensor) -> None:
        self.centre = centre.detach().float().clone()
        self.counts = torch.zeros(
            len(centre), 2, BINS.count, dtype=torch.int64, device=centre.device
        )
        self.nans = torch.zeros((), dtype=torch.int64, device=centre.device)

    def update(
        self, logits: Tensor, labels: Tensor, mask: Tensor | None = None, first: int = 0
    ) -> None:
        """Count the positions of a batch.

        Args:
            logits: floats (B, M, L).
            labels: uint8 (B, M, L), 0 or 1.
            mask: bool (B, L), False at positions to leave out (N); None: count all.
            first: the marker of the first row, if there are M of more.
        """
        known = torch.ones_like(labels[:, 0], dtype=torch.bool) if mask is None else mask
        if logits.shape[2] < _FEW:
            logits, labels = (one.transpose(0, 1).flatten(1)[None] for one in (logits, labels))
            known = known.flatten()[None]
        count = self._count_here if logits.device.type == "cpu" else self._count_on_device
        count(logits, labels, known, first)

    def _count_here(self, logits: Tensor, labels: Tensor, known: Tensor, first: int) -> None:
        rows = slice(first, first + logits.shape[1])
        centre, counts = self.centre[rows].numpy(), self.counts[rows].numpy()
        for arrays in zip(logits.detach().float(), labels, known, strict=True):
            values, ones, counted = (np.ascontiguousarray(one.numpy()) for one in arrays)
            self.nans += count_rows(BINS, values, centre, ones, counted, counts)

    def _count_on_device(self, logits: Tensor, labels: Tensor, known: Tensor, first: int) -> None:
        planes = labels.masked_fill(~known[:, None], _LEFT_OUT)
        for window, markers in pieces(logits):
            piece = logits[window, markers]
            self.nans += piece.amax().isnan()
            rows = slice(first + markers.start, first + markers.stop)
            self.counts[rows] += _histogram(piece, planes[window, markers], self.centre[rows])

    def merge(self, other: StreamingCurves) -> None:
        """Add the counts of another process, at other positions."""
        self.counts += other.counts.to(self.counts.device)
        self.nans += other.nans.to(self.nans.device)

    def positives(self) -> npt.NDArray[np.int64]:
        """Number of labelled bases, int64 (M,)."""
        if self.nans:
            raise CheckpointError(NAN_LOGITS)
        return self.counts[:, 1].sum(-1).cpu().numpy()

    def base_rate(self) -> Values:
        """The labelled fraction of the bases, which is the PR AUC of an uninformed model."""
        return self._scored(self._curve().base_rate())

    def average_precision(self) -> Values:
        """Area under the precision-recall curve by steps (`Curve.average_precision`)."""
        return self._scored(self._curve().average_precision())

    def pr_auc_trapezoid(self) -> Values:
        """Area under the precision-recall curve by trapezoids (`Curve.pr_auc_trapezoid`)."""
        return self._scored(self._curve().pr_auc_trapezoid())

    def roc_auc(self) -> Values:
        """Area under the ROC curve; also NaN if every base is labelled."""
        return self._scored(self._curve().roc_auc())

    def reliability(self) -> Reliability:
        """Bases and labelled bases by score, (M, bins), the middle of a bin standing for it."""
        return Reliability.stack(
            [
                Reliability.of_counts(sigmoid(logits), counts)
                for logits, counts in zip(self.logits(BINS.middles), self.histogram(), strict=True)
            ]
        )

    def histogram(self) -> npt.NDArray[np.int64]:
        """The counts in the host's memory, int64 (M, 2, bins).

        Raises:
            CheckpointError: a logit was NaN.
        """
        if self.nans:
            raise CheckpointError(NAN_LOGITS)
        return self.counts.cpu().numpy()

    def logits(self, places: Values) -> Iterator[Values]:
        """For each marker the logits, float64 (n,), at places in bins, float64 (n,)."""
        for centre in self.centre.cpu().double().numpy():
            yield centre + places

    def _curve(self) -> Curve:
        return Curve.of_counts(self.counts.cpu().numpy())

    def _scored(self, values: Values) -> Values:
        return np.where(self.positives() >= MIN_POSITIVES, values, np.nan)


def centres(model: TrackModel) -> Tensor:
    """The values around which the logits of a network's markers crowd, float32 (M,)."""
    bias = model.head.output.bias
    assert bias is not None
    return bias


def category_means(values: Values, categories: Sequence[str]) -> dict[str, float]:
    """The mean of a score over the markers of each category.

    Args:
        values: a score of each marker, float64 (M,); NaN for a marker without one, which is left
            out.
        categories: the category of each marker.

    Returns:
        The means by category, in order of appearance; NaN if no marker has a score.

    >>> category_means(np.array([0.5, 0.1, np.nan]), ["TF", "histone", "TF"])
    {'TF': 0.5, 'histone': 0.1}
    """
    means = {}
    for category in dict.fromkeys(categories):
        chosen = values[[other == category for other in categories]]
        scored = chosen[~np.isnan(chosen)]
        means[category] = float(scored.mean()) if len(scored) else float("nan")
    return means


def _histogram(logits: Tensor, planes: Tensor, centre: Tensor) -> Tensor:
    """Counts (M, 2, bins) of logits and planes (M, L); plane 2 is dropped."""
    markers = len(logits)
    index = BINS.of_bits((logits.float() - centre[:, None]).view(torch.int32))
    index.add_(planes, alpha=BINS.count)
    first = torch.arange(markers, dtype=torch.int32, device=logits.device) * (3 * BINS.count)
    index += first[:, None]
    counts = torch.zeros(markers * 3 * BINS.count, dtype=torch.int64, device=logits.device)
    one = torch.ones((), dtype=torch.int64, device=logits.device)
    # bincount would search for the largest index, and make the host wait for a GPU
    counts.index_add_(0, index.flatten(), one.expand(index.numel()))
    return counts.view(markers, 3, BINS.count)[:, :_LEFT_OUT]
