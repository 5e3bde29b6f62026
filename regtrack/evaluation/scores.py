"""The scores of models, per marker and per category, and their files."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any

import numpy as np

from regtrack.atomic import publish_folder
from regtrack.csv_table import write_csv
from regtrack.evaluation.candidate import members
from regtrack.evaluation.metrics import Curves, category_means
from regtrack.evaluation.reads import Reads
from regtrack.labels.marker import Marker
from regtrack.measures.curve import MIN_POSITIVES, Values
from regtrack.measures.reliability import BINS, Reliability

FORMAT = "regtrack evaluation"
VERSION = 1
REPORT_FILE = "report.json"


@dataclass(frozen=True, kw_only=True)
class _Scores:
    """A model's scores; NaN if there are too few labelled bases.

    Attributes:
        base_rate: labelled fraction of the bases, which is the PR AUC of an uninformed model.
        average_precision: PR AUC by the step rule.
        pr_auc_trapezoid: PR AUC by the trapezoid rule of the paper.
        roc_auc: area under the receiver operating characteristic.
        calibration_error: expected calibration error of the scores (`Reliability.error`).
    """

    base_rate: float
    average_precision: float
    pr_auc_trapezoid: float
    roc_auc: float
    calibration_error: float

    @property
    def lift(self) -> float:
        """Average precision divided by the base rate."""
        return self.average_precision / self.base_rate

    def to_dict(self) -> dict[str, Any]:
        """The fields as JSON-serialisable values; None for NaN."""
        values = asdict(self)
        return {
            name: None if isinstance(value, float) and math.isnan(value) else value
            for name, value in values.items()
        }


@dataclass(frozen=True, kw_only=True)
class MarkerScores(_Scores):
    """A model's scores on one marker.

    Attributes:
        model: the model's id in the report.
        marker: the marker's name.
        category: the marker's category.
        reads: how the windows were read: `alone`, or with their `flanks`, as tracks are made.
        positives: number of labelled bases, without N.
    """

    model: str
    marker: str
    category: str
    reads: Reads
    positives: int

    @property
    def scored(self) -> bool:
        """Whether there are enough labelled bases for a score."""
        return self.positives >= MIN_POSITIVES


@dataclass(frozen=True, kw_only=True)
class CategoryScores(_Scores):
    """A model's mean scores over the markers of a category that have scores.

    Attributes:
        model: the model's id in the report.
        category: the category.
        reads: as in `MarkerScores`.
        markers: number of markers that have scores.
    """

    model: str
    category: str
    reads: Reads
    markers: int


@dataclass(frozen=True, kw_only=True)
class ReliabilityRow:
    """A model's bases of one category whose scores are in one bin.

    Attributes:
        model: the model's id in the report.
        reads: how the windows were read.
        category: the category, all of whose markers with scores are taken together.
        low, high: the bin.
        bases: number of bases.
        labelled: how many of them are labelled.
        score: their mean score; None without bases.
    """

    model: str
    reads: Reads
    category: str
    low: float
    high: float
    bases: int
    labelled: int
    score: float | None


@dataclass(frozen=True)
class Report:
    """The scores of one or more models on a split.

    Attributes:
        dataset: the dataset's folder.
        split: the split's name.
        exact: whether every base was scored by scikit-learn, without bins.
        reverse_complement: whether the logits of both strands were averaged.
        checkpoints: each model's file, by the model's id; those of several that are averaged are
            joined by `+`.
        titles: each model's title for readers, by the model's id.
        markers: one row per model, rule of reading and marker.
        categories: one row per model, rule of reading and category.
        reliability: one row per model, rule of reading, category and bin of the scores.
    """

    dataset: str
    split: str
    exact: bool
    reverse_complement: bool
    checkpoints: dict[str, str]
    titles: dict[str, str]
    markers: tuple[MarkerScores, ...]
    categories: tuple[CategoryScores, ...]
    reliability: tuple[ReliabilityRow, ...]

    def reliability_of(self, model: str, category: str, reads: Reads = "alone") -> Reliability:
        """A model's bases by score, (bins,), of all markers of a category that have scores."""
        wanted = (model, category, reads)
        rows = [row for row in self.reliability if (row.model, row.category, row.reads) == wanted]
        return Reliability(
            bases=np.array([row.bases for row in rows]),
            labelled=np.array([row.labelled for row in rows]),
            total=np.array([row.bases * (row.score or 0.0) for row in rows]),
        )

    @property
    def unscored(self) -> tuple[str, ...]:
        """The markers with too few labelled bases, which the means leave out."""
        return tuple(dict.fromkeys(row.marker for row in self.markers if not row.scored))

    def to_dict(self) -> dict[str, Any]:
        """The report as JSON-serialisable values."""
        return {
            "format": FORMAT,
            "version": VERSION,
            "dataset": self.dataset,
            "split": self.split,
            "exact": self.exact,
            "reverse_complement": self.reverse_complement,
            "checkpoints": self.checkpoints,
            "titles": self.titles,
            "unscored": {"fewer_positives_than": MIN_POSITIVES, "markers": list(self.unscored)},
            "categories": [row.to_dict() for row in self.categories],
            "markers": [row.to_dict() for row in self.markers],
            "reliability": [asdict(row) for row in self.reliability],
        }

    def write(self, out: str | Path, *, overwrite: bool = False) -> None:
        """Write the folder `out`: report.json and tables (.csv).

        Raises:
            OutputError: `out` exists and `overwrite` is off, or it cannot be written.
        """
        files = (file for given in self.checkpoints.values() for file in members(given))
        inputs = (self.dataset, *files)
        with publish_folder(
            Path(out), mark=REPORT_FILE, inputs=inputs, overwrite=overwrite
        ) as folder:
            self.write_files(folder)

    def write_files(self, folder: Path) -> None:
        """Write the files of `write` into a folder that exists."""
        text = json.dumps(self.to_dict(), indent=1) + "\n"
        (folder / REPORT_FILE).write_text(text, encoding="utf-8")
        _write_table(folder / "markers.csv", self.markers, MarkerScores)
        _write_table(folder / "categories.csv", self.categories, CategoryScores)
        columns = [field.name for field in fields(ReliabilityRow)]
        rows = (asdict(row) for row in self.reliability)
        write_csv(folder / "reliability.csv", columns, rows)


def score_markers(
    model: str, markers: Sequence[Marker], curves: Curves, *, reads: Reads = "alone"
) -> tuple[MarkerScores, ...]:
    """A model's scores, one row per marker in the order of the curves."""
    columns = _columns(curves)
    positives = curves.positives()
    return tuple(
        MarkerScores(
            model=model,
            marker=marker.name,
            category=marker.category,
            reads=reads,
            positives=int(positives[index]),
            **{name: float(values[index]) for name, values in columns.items()},
        )
        for index, marker in enumerate(markers)
    )


def score_reliability(
    rows: Sequence[MarkerScores], reliability: Reliability
) -> tuple[ReliabilityRow, ...]:
    """One model's reliability by one rule, one row per category and bin.

    Args:
        rows: the scores of its markers.
        reliability: of the same markers, (M, bins).
    """
    edges = np.linspace(0, 1, BINS + 1).tolist()
    found = []
    for category in dict.fromkeys(row.category for row in rows):
        pooled = reliability.pooled(
            [at for at, row in enumerate(rows) if row.category == category and row.scored]
        )
        for at, score in enumerate(pooled.score().tolist()):
            found.append(
                ReliabilityRow(
                    model=rows[0].model,
                    reads=rows[0].reads,
                    category=category,
                    low=edges[at],
                    high=edges[at + 1],
                    bases=int(pooled.bases[at]),
                    labelled=int(pooled.labelled[at]),
                    score=None if math.isnan(score) else score,
                )
            )
    return tuple(found)


def score_categories(rows: Sequence[MarkerScores]) -> tuple[CategoryScores, ...]:
    """One model's scores by one rule, one row per category: means over markers with scores."""
    categories = [row.category for row in rows]
    names = [field.name for field in fields(_Scores)]
    means = {
        name: category_means(np.array([getattr(row, name) for row in rows]), categories)
        for name in names
    }
    return tuple(
        CategoryScores(
            model=rows[0].model,
            category=category,
            reads=rows[0].reads,
            markers=sum(row.scored for row in rows if row.category == category),
            **{name: means[name][category] for name in names},
        )
        for category in dict.fromkeys(categories)
    )


def _columns(curves: Curves) -> dict[str, Values]:
    return {
        "base_rate": curves.base_rate(),
        "average_precision": curves.average_precision(),
        "pr_auc_trapezoid": curves.pr_auc_trapezoid(),
        "roc_auc": curves.roc_auc(),
        "calibration_error": np.where(
            curves.positives() >= MIN_POSITIVES, curves.reliability().error(), np.nan
        ),
    }


def _write_table(path: Path, rows: Sequence[_Scores], kind: type[_Scores]) -> None:
    """Write a CSV, names before numbers; the cell of a missing score is empty."""
    inherited = [field.name for field in fields(_Scores)]
    own = [field.name for field in fields(kind) if field.name not in inherited]
    write_csv(path, own + inherited, (row.to_dict() for row in rows))
