"""How well a track tells labelled bases from others: exact numbers, of NumPy alone."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from regtrack.tracks.bigwig.bins import Values

Counts = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Measures:
    """A track against the labels of a stretch; None where a measure is not defined.

    Attributes:
        average_precision: PR AUC by the step rule, as scikit-learn's `average_precision_score`;
            None without a labelled base.
        roc_auc: area under the ROC curve; None unless there are labelled and other bases.
        correlation: Pearson's, of scores and labels; None where either is constant.
        base_rate: labelled share of the bases: the PR AUC of a track that knows nothing.
        positives: labelled bases.
        bases: bases with a value; the others are left out.
    """

    average_precision: float | None
    roc_auc: float | None
    correlation: float | None
    base_rate: float | None
    positives: int
    bases: int


def measure(scores: Values, labels: npt.NDArray[np.bool_]) -> Measures:
    """Measure a track against labels.

    Args:
        scores: a value a base, float32 (L,); NaN where absent, which is left out. Logits give the
            same areas as scores, since these look at order alone.
        labels: whether each base is labelled, bool (L,).
    """
    present = ~np.isnan(scores)
    if not present.all():
        scores, labels = scores[present], labels[present]
    # score and label as one number: sorting numbers is several times as fast as sorting indices
    ranked = np.sort(rising(scores).astype(np.uint64) << 1 | labels)[::-1]
    last = np.flatnonzero(np.append(ranked[1:] >> 1 != ranked[:-1] >> 1, True)[: len(ranked)])
    called = np.cumsum(ranked & 1, dtype=np.int64)[last]
    return areas(called, last + 1 - called, correlate(scores, labels))


def rising(values: Values) -> npt.NDArray[np.uint32]:
    """A whole number for each float32 (L,), none of them NaN, that orders them as they are.

    The bits of a float, read as a whole number, rise with it if it is positive, and else fall.
    """
    bits = (values + np.float32(0)).view(np.uint32)  # -0 is 0
    return np.where(bits >> 31, ~bits, bits | np.uint32(1 << 31))


def areas(true_called: Counts, false_called: Counts, correlation: float | None) -> Measures:
    """The measures of a curve.

    Args:
        true_called: labelled bases called at each threshold, from the highest, ascending (n,).
        false_called: other bases called (n,).
        correlation: of the same bases.
    """
    positives = int(true_called[-1]) if len(true_called) else 0
    negatives = int(false_called[-1]) if len(false_called) else 0
    bases = positives + negatives
    return Measures(
        average_precision=_average_precision(true_called, false_called) if positives else None,
        roc_auc=_roc_auc(true_called, false_called) if positives and negatives else None,
        correlation=correlation,
        base_rate=positives / bases if bases else None,
        positives=positives,
        bases=bases,
    )


def correlate(first: npt.NDArray[np.generic], second: npt.NDArray[np.generic]) -> float | None:
    """Pearson's correlation of two tracks over the bases that both have; None if it has none.

    Args:
        first: a value a base (L,); NaN where absent.
        second: likewise.
    """
    one, two = first.astype(np.float64), second.astype(np.float64)
    absent = np.isnan(one) | np.isnan(two)
    if absent.any():
        one, two = one[~absent], two[~absent]
    if len(one) < 2 or one.min() == one.max() or two.min() == two.max():
        return None
    one, two = one - one.mean(), two - two.mean()
    # no @: BLAS would wake a thread a core for it, and make other requests wait
    both, squares = (one * two).sum(), (one * one).sum() * (two * two).sum()
    return float(np.clip(both / np.sqrt(squares), -1, 1))


def _average_precision(true_called: Counts, false_called: Counts) -> float:
    called = true_called + false_called
    gained = np.diff(true_called, prepend=0)
    some = called > 0
    return float((gained[some] * (true_called[some] / called[some])).sum() / true_called[-1])


def _roc_auc(true_called: Counts, false_called: Counts) -> float:
    before = np.append(0, true_called[:-1])
    width = np.diff(false_called, prepend=0)
    # twice the area in whole numbers, exact below 2^53 of them
    twice = (width.astype(np.float64) * (before + true_called)).sum()
    return float(twice / 2 / true_called[-1] / false_called[-1])
