"""Scores of a split by scikit-learn, from every logit, which are kept in memory."""

from __future__ import annotations

from functools import cached_property

import numpy as np
import numpy.typing as npt
from torch import Tensor

from regtrack.errors import CheckpointError
from regtrack.evaluation.metrics import NAN_LOGITS
from regtrack.measures.curve import MIN_POSITIVES, Values
from regtrack.measures.exact import Areas, exact_areas
from regtrack.measures.reliability import Reliability
from regtrack.measures.temperature import sigmoid


class ExactCurves:
    """As `StreamingCurves`, but without bins: every logit is kept in the host's memory.

    Scores are float64 (M,), NaN for a marker with fewer than 10 labelled bases. Call `check_exact`
    first, which refuses more logits than fit into memory.
    """

    def __init__(self) -> None:
        self._logits: list[npt.NDArray[np.float32]] = []
        self._labels: list[npt.NDArray[np.bool_]] = []

    def update(self, logits: Tensor, labels: Tensor, mask: Tensor | None = None) -> None:
        """Keep the logits and labels of a batch.

        Args:
            logits: floats (B, M, L).
            labels: uint8 (B, M, L), 0 or 1.
            mask: bool (B, L), False at positions to leave out (N); None: keep all.

        Raises:
            CheckpointError: a logit is NaN.
        """
        values, truth = (tensor.transpose(0, 1).flatten(1) for tensor in (logits, labels))
        if mask is not None:
            known = mask.flatten()
            values, truth = values[:, known], truth[:, known]
        if values.isnan().any():
            raise CheckpointError(NAN_LOGITS)
        self._logits.append(values.float().cpu().numpy())
        self._labels.append(truth.bool().cpu().numpy())

    def positives(self) -> npt.NDArray[np.int64]:
        """Number of labelled bases, int64 (M,)."""
        parts = [np.count_nonzero(part, axis=1) for part in self._labels]
        return np.asarray(np.sum(parts, axis=0), dtype=np.int64)

    def base_rate(self) -> Values:
        """The labelled fraction of the bases, which is the PR AUC of an uninformed model."""
        positives, bases = self.positives(), sum(part.shape[1] for part in self._labels)
        return np.where(positives >= MIN_POSITIVES, positives / max(bases, 1), np.nan)

    def average_precision(self) -> Values:
        """Area under the precision-recall curve by steps."""
        return np.array([areas.average_precision for areas in self._areas])

    def pr_auc_trapezoid(self) -> Values:
        """Area under the precision-recall curve by trapezoids."""
        return np.array([areas.pr_auc_trapezoid for areas in self._areas])

    def roc_auc(self) -> Values:
        """Area under the ROC curve; also NaN if every base is labelled."""
        return np.array([areas.roc_auc for areas in self._areas])

    def reliability(self) -> Reliability:
        """Bases and labelled bases by score, (M, bins)."""
        found = []
        for marker in range(len(self._labels[0])):
            labels, logits = self._row(marker)
            found.append(Reliability.of_values(sigmoid(logits.astype(np.float64)), labels))
        return Reliability.stack(found)

    @cached_property
    def _areas(self) -> list[Areas]:
        return [
            self._score(marker) if positives >= MIN_POSITIVES else Areas(np.nan, np.nan, np.nan)
            for marker, positives in enumerate(self.positives())
        ]

    def _score(self, marker: int) -> Areas:
        return exact_areas(*self._row(marker))

    def _row(self, marker: int) -> tuple[npt.NDArray[np.bool_], npt.NDArray[np.float32]]:
        """The labels and logits of a marker."""
        return (
            np.concatenate([part[marker] for part in self._labels]),
            np.concatenate([part[marker] for part in self._logits]),
        )
