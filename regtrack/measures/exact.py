"""PR AUC and ROC AUC by scikit-learn, with a threshold at every score: exact, but slower."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from regtrack.errors import OutOfMemoryError
from regtrack.machine.memory import usable_memory

_KEPT = 5  # bytes per base and marker: a float32 and a label
_WORKED = 80  # additional bytes per base while a marker is scored: scikit-learn takes 72


class Areas(NamedTuple):
    """Areas under the curves of one marker; NaN if a curve is not defined.

    Attributes:
        average_precision: PR AUC by steps, `average_precision_score`.
        pr_auc_trapezoid: PR AUC by trapezoids, `auc` of `precision_recall_curve`.
        roc_auc: `roc_auc_score`.
    """

    average_precision: float
    pr_auc_trapezoid: float
    roc_auc: float


def check_exact(bases: int, markers: int = 1) -> None:
    """Refuse to keep more scores than fit into memory, before the work starts.

    Args:
        bases: number of bases per marker.
        markers: number of markers whose scores are kept at once.

    Raises:
        OutOfMemoryError: they do not fit.
    """
    needed, usable = bases * (_KEPT * markers + _WORKED), usable_memory()
    if needed > usable:
        raise OutOfMemoryError(
            f"exact scores keep every base: {bases:,} bp of {markers:,} markers take about "
            f"{needed / 1e9:,.0f} GB of memory and there are {usable / 1e9:,.0f} GB; choose fewer "
            "markers, or leave out `exact`"
        )


def exact_areas(labels: npt.NDArray[np.bool_], scores: npt.NDArray[np.float32]) -> Areas:
    """The areas of scores against labels by scikit-learn, with a threshold at every score.

    Args:
        labels: whether each base is labelled, bool (L,).
        scores: scores or logits, float32 (L,), none NaN.
    """
    # scikit-learn, with SciPy and pandas, takes seconds and 125 MB to load; few callers need it
    from sklearn.metrics import (  # noqa: PLC0415
        auc,
        average_precision_score,
        precision_recall_curve,
        roc_auc_score,
    )

    if not labels.any():
        return Areas(np.nan, np.nan, np.nan)
    scores = np.nan_to_num(scores)  # infinities, which scikit-learn refuses, become the extremes
    precision, recall, _ = precision_recall_curve(labels, scores)
    return Areas(
        average_precision=float(average_precision_score(labels, scores)),
        pr_auc_trapezoid=float(auc(recall, precision)),
        roc_auc=np.nan if labels.all() else float(roc_auc_score(labels, scores)),
    )
