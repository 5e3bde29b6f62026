"""One pass of a model over all windows of a split."""

from __future__ import annotations

from collections.abc import Iterable

import torch

from regtrack.dataset.loader import dense_labels
from regtrack.evaluation.candidate import Candidate, Pairing
from regtrack.evaluation.exact import ExactCurves
from regtrack.evaluation.metrics import Curves, StreamingCurves
from regtrack.evaluation.reads import Found, Reader
from regtrack.predict.lending import borrowed
from regtrack.progress import Task


def curves_of(
    read: Iterable[Found],
    reader: Reader,
    candidate: Candidate,
    pairing: Pairing,
    *,
    exact: bool,
    task: Task,
    into: Curves | None = None,
) -> Curves:
    """The curves of one model over all that is read of a split.

    Args:
        read: the batches, and their logits, floats (B, M, L).
        reader: of these.
        candidate: the model.
        pairing: its markers.
        exact: keep every logit instead of counting in bins.
        task: shows the bases done.
        into: curves to add to; None: new ones.

    Raises:
        OutOfMemoryError: too little memory for a batch.
    """
    columns = torch.tensor(pairing.dataset, device=reader.device)
    centre = candidate.centres(pairing, reader.device).to(reader.device)
    curves = into or (ExactCurves() if exact else StreamingCurves(centre))
    with borrowed(reader.network, reader.device), torch.inference_mode():
        for batch, logits in read:
            if logits is not None:
                labels = dense_labels(batch, pairing.width)[:, columns]
                curves.update(logits, labels, batch.known)
            task.advance(batch.codes.numel())
    return curves
