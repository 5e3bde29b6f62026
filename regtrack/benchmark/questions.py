"""The panels of the benchmark's figures."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from regtrack.benchmark.summary import Summary
from regtrack.figures.benchmark import Question

Rows = Mapping[str, Sequence[Question]]

_DISTANT = "distant"


def results_rows(summary: Summary) -> Rows:
    """PR AUC per kind of marker, the effective receptive field, and PR AUC of saliency."""
    precisions = [
        Question(kind, summary.precisions(kind), chance=summary.base_rate(kind))
        for kind in summary.kinds
    ]
    width = Question("90 % of gradient", summary.widths(_DISTANT, 90), base_pairs=True)
    saliency = [_saliency(summary, kind, "all", kind) for kind in summary.kinds]
    far = _saliency(summary, _DISTANT, "far", "distant, from afar")
    return {"PR AUC": [*precisions, width], "PR AUC of saliency": [*saliency, far]}


def controls_rows(summary: Summary) -> Rows:
    """The mean score on true pairs and on every control of the distant marker."""
    return {
        "mean score": [
            Question(role.replace("_", " "), summary.responses(_DISTANT, role, labelled))
            for role, labelled in summary.roles(_DISTANT)
        ]
    }


def _saliency(summary: Summary, kind: str, outputs: str, title: str) -> Question:
    shuffled = [value for values in summary.shuffled(kind, outputs).values() for value in values]
    return Question(
        title,
        summary.saliency(kind, outputs),
        control=summary.untrained(kind, outputs),
        chance=sum(shuffled) / len(shuffled) if shuffled else None,
    )
