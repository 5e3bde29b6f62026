"""Precision-recall and ROC curves of millions of positions a marker, in memory that does not grow.

Logits fall into the bins of one histogram a marker and label; logits of one bin count as equal
scores, and every score here is what scikit-learn gives for the scores binned so.

A network ends in ReLU and a linear layer: wherever its hidden units are silent, a marker's logit is
its bias, and around the bias logits crowd, by the thousand within 0.001. So bins are as floats
are, counted from a marker's centre: 256 to each doubling of the distance, from 2^-16 to 16, and
one for what is nearer than that. On the logits of trained networks average precision then differs
from that of the raw logits by less than 0.0005; of 256 even bins a logit it differs by 0.002.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from regtrack.errors import CheckpointError
from regtrack.evaluation.pieces import pieces
from regtrack.models.network import TrackModel

STEPS_BITS = 8  # 2^8 bins to each doubling of the distance from the centre
NEAREST, FARTHEST = -16, 4  # powers of 2
SIDE = (FARTHEST - NEAREST) << STEPS_BITS  # bins on either side of the one at the centre
BINS = 2 * SIDE + 1
MIN_POSITIVES = 10  # a marker with fewer labelled bases has no score
_LEFT_OUT = 2  # the plane of the histogram that takes masked positions, beside the labels 0 and 1

Values = npt.NDArray[np.float64]


class _Curve(NamedTuple):
    """Counts at each threshold, from the highest, each of shape (M, bins)."""

    true_positives: Values
    false_positives: Values

    @property
    def precision(self) -> Values:
        """The labelled share of what is called; 1 where nothing is, as scikit-learn has it."""
        called = self.true_positives + self.false_positives
        return np.divide(self.true_positives, called, out=np.ones_like(called), where=called > 0)

    @property
    def recall(self) -> Values:
        return _share(self.true_positives)

    @property
    def fall_out(self) -> Values:
        return _share(self.false_positives)


class StreamingCurves:
    """Curves a marker, fed batch by batch, on the device that holds the logits.

    Scores are arrays of shape (M,), NaN for a marker with fewer than 10 labelled bases.

    Args:
        centre: floats (M,): where a marker's logits crowd, its bias in the last layer. Processes
            whose counts are added up need the same one.

    Attributes:
        counts: int64 (M, 2, bins): positions by marker, label and bin of the logit. Counts of
            several processes add up (`merge`).
        nans: int64 (): how many pieces of the logits held NaN, which adds up likewise. It is looked
            at when scores are asked for, since to look makes the host wait for a GPU.

    Raises:
        CheckpointError: by every score, if a logit was NaN.
    """

    def __init__(self, centre: Tensor) -> None:
        self.centre = centre.detach().float().clone()
        self.counts = torch.zeros(len(centre), 2, BINS, dtype=torch.int64, device=centre.device)
        self.nans = torch.zeros((), dtype=torch.int64, device=centre.device)

    def update(self, logits: Tensor, labels: Tensor, mask: Tensor | None = None) -> None:
        """Count the positions of a batch.

        Args:
            logits: floats (B, M, L).
            labels: uint8 (B, M, L), 0 or 1.
            mask: bool (B, L), False where a position is left out (N); None keeps all.
        """
        planes = labels if mask is None else labels.masked_fill(~mask[:, None], _LEFT_OUT)
        for window, markers in pieces(logits):
            piece = logits[window, markers]
            self.nans += piece.amax().isnan()
            self.counts[markers] += _histogram(piece, planes[window, markers], self.centre[markers])

    def merge(self, other: StreamingCurves) -> None:
        """Add what another process counted at other positions."""
        self.counts += other.counts.to(self.counts.device)
        self.nans += other.nans.to(self.nans.device)

    def positives(self) -> npt.NDArray[np.int64]:
        """Labelled bases."""
        if self.nans:
            raise CheckpointError(
                "the model gives NaN; it diverged in training: train again at a lower learning rate"
            )
        return self.counts[:, 1].sum(-1).cpu().numpy()

    def base_rate(self) -> Values:
        """The labelled share of the bases: the PR AUC of a model that knows nothing."""
        totals = self.counts.sum((1, 2)).cpu().numpy()
        return self._scored(self.positives() / np.maximum(totals, 1))

    def average_precision(self) -> Values:
        """Area under the precision-recall curve by steps (`sklearn` average_precision_score)."""
        curve = self._curve()
        gained = np.diff(curve.recall, axis=1, prepend=0)
        return self._scored((gained * curve.precision).sum(1))

    def pr_auc_trapezoid(self) -> Values:
        """Area under the precision-recall curve by trapezoids, the rule of Gupta and Rush (2017).

        It joins the points of the curve by straight lines, from recall 0 at precision 1, and is
        too hopeful where thresholds are few (Davis and Goadrich 2006).
        """
        curve = self._curve()
        return self._scored(_area(curve.recall, curve.precision, first=1.0))

    def roc_auc(self) -> Values:
        """Area under the ROC curve; NaN also where every base is labelled."""
        curve = self._curve()
        return self._scored(_area(curve.fall_out, curve.recall, first=0.0))

    def _curve(self) -> _Curve:
        called = self.counts.flip(-1).cumsum(-1).cpu().numpy().astype(np.float64)
        return _Curve(true_positives=called[:, 1], false_positives=called[:, 0])

    def _scored(self, values: Values) -> Values:
        return np.where(self.positives() >= MIN_POSITIVES, values, np.nan)


def centres(model: TrackModel) -> Tensor:
    """Where the logits of each marker of a network crowd (M,)."""
    bias = model.head.output.bias
    assert bias is not None
    return bias


def category_means(values: Values, categories: Sequence[str]) -> dict[str, float]:
    """The mean of a score over the markers of each category, markers without a score left out.

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
    """Counts (M, 2, BINS) of logits and planes (M, L); plane 2 is dropped."""
    markers = len(logits)
    index = _bins(logits.float() - centre[:, None]).add_(planes, alpha=BINS)
    first = torch.arange(markers, dtype=torch.int32, device=logits.device) * (3 * BINS)
    index += first[:, None]
    counts = torch.zeros(markers * 3 * BINS, dtype=torch.int64, device=logits.device)
    one = torch.ones((), dtype=torch.int64, device=logits.device)
    # bincount would look for the largest index, and make the host wait for a GPU
    counts.index_add_(0, index.flatten(), one.expand(index.numel()))
    return counts.view(markers, 3, BINS)[:, :_LEFT_OUT]


def _bins(distance: Tensor) -> Tensor:
    """The bin of each float32 distance from the centre, int32, rising with it; any bin for NaN.

    The bits of a positive float, read as a whole number, rise with it: exponent, then fraction.
    Cut to 8 bits of fraction they number the bins.
    """
    cut = 23 - STEPS_BITS
    bits = distance.view(torch.int32).bitwise_and(0x7FFFFFFF).bitwise_right_shift_(cut)
    nearest = (127 + NEAREST) << STEPS_BITS
    steps = bits.sub_(nearest - 1).clamp_(0, SIDE)
    return steps.mul_(distance.sgn().to(torch.int32)).add_(SIDE)


def _share(counts: Values) -> Values:
    totals = counts[:, -1:]
    return np.divide(counts, totals, out=np.full_like(counts, np.nan), where=totals > 0)


def _area(x: Values, y: Values, *, first: float) -> Values:
    """Area by trapezoids under points (M, n) that start from (0, `first`)."""
    width = np.diff(x, axis=1, prepend=0)
    before = np.concatenate([np.full_like(y[:, :1], first), y[:, :-1]], axis=1)
    area: Values = (width * (before + y) / 2).sum(1)
    return area
