"""The paper's table: one row per model, with the seeds of one model taken together."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from itertools import combinations
from statistics import fmean, stdev
from typing import Any

import numpy as np

from regtrack.measures.curve import Values
from regtrack.model_style import ModelStyle, Run, styles_of
from regtrack.tables.measure import RULES, SPLITS, Measured
from regtrack.tables.resample import interval


@dataclass(frozen=True, kw_only=True)
class Estimate:
    """A number with what is known of its precision.

    Attributes:
        value: the number; of several seeds, their mean.
        low, high: 95 % interval, by resampling windows.
        spread: standard deviation between seeds; None of one seed.
    """

    value: float
    low: float
    high: float
    spread: float | None = None


@dataclass(frozen=True, kw_only=True)
class Cell:
    """A model on one category of one split.

    Attributes:
        split: the split.
        category: the category.
        markers: how many have a score.
        positives: labelled bases of these.
        base_rate: mean over these, the score of an uninformed model.
        average_precision: PR AUC by steps.
        pr_auc_trapezoid: PR AUC by trapezoids, the paper's rule.
    """

    split: str
    category: str
    markers: int
    positives: int
    base_rate: float
    average_precision: Estimate
    pr_auc_trapezoid: Estimate

    @property
    def lift(self) -> float:
        """Average precision over the base rate."""
        return self.average_precision.value / self.base_rate


@dataclass(frozen=True, eq=False)
class Row:
    """A model, trained once or with several seeds.

    Attributes:
        style: its title and look.
        parameters: the number of its weights.
        seeds: its runs.
        cells: by split and category.
    """

    style: ModelStyle
    parameters: int
    seeds: tuple[Measured, ...]
    cells: tuple[Cell, ...]

    def cell(self, split: str, category: str) -> Cell | None:
        """The scores of a category on a split; None if no marker of it has one."""
        wanted = (split, category)
        return next((one for one in self.cells if (one.split, one.category) == wanted), None)


@dataclass(frozen=True, kw_only=True)
class Difference:
    """How much better a model is than another one, on markers that both predict.

    Attributes:
        model, other: their titles.
        split, category: where.
        rule: `average_precision` or `pr_auc_trapezoid`.
        markers: how many were compared.
        difference: `model` minus `other`; both were scored on the same resampled windows.
    """

    model: str
    other: str
    split: str
    category: str
    rule: str
    markers: int
    difference: Estimate

    @property
    def clear(self) -> bool:
        """Whether the interval has no 0."""
        return self.difference.low > 0 or self.difference.high < 0


@dataclass(frozen=True, eq=False)
class Table:
    """Models beside each other.

    Attributes:
        rows: in the order given.
        differences: of each pair of rows.
    """

    rows: tuple[Row, ...]
    differences: tuple[Difference, ...]

    @property
    def categories(self) -> tuple[str, ...]:
        """The categories that any model is scored on."""
        return tuple(dict.fromkeys(cell.category for row in self.rows for cell in row.cells))

    def to_dict(self) -> dict[str, Any]:
        """The table as JSON-serialisable values."""
        return {
            "rows": [
                {
                    "model": row.style.title,
                    "parameters": row.parameters,
                    "checkpoints": [seed.candidate.paths for seed in row.seeds],
                    "scores": [{**asdict(cell), "lift": cell.lift} for cell in row.cells],
                }
                for row in self.rows
            ],
            "differences": [{**asdict(one), "clear": one.clear} for one in self.differences],
        }


def make_table(measured: Sequence[Measured]) -> Table:
    """Join the seeds of each model, and compare the models with each other."""
    groups: dict[str, list[Measured]] = {}
    for one in measured:
        groups.setdefault(_recipe(one), []).append(one)
    seeds = [tuple(group) for group in groups.values()]
    styles = styles_of([_run(group[0]) for group in seeds])
    rows = tuple(
        Row(style, group[0].parameters, group, tuple(_cells(group)))
        for style, group in zip(styles, seeds, strict=True)
    )
    pairs = [_differences(one, other) for one, other in combinations(rows, 2)]
    return Table(rows, tuple(found for pair in pairs for found in pair))


def _recipe(one: Measured) -> str:
    """What the runs of a model share that differ only in their seed."""
    members = one.candidate.checkpoints
    if len(members) > 1:
        return one.candidate.id
    header = members[0].header
    training = header.training
    config = {name: v for name, v in dict(training.get("config") or {}).items() if name != "seed"}
    known = [header.model, dict(header.config), config, training.get("dataset"), header.window]
    alone = "" if config else one.candidate.id  # nothing says how it was trained
    return json.dumps([*known, training.get("start"), alone], sort_keys=True, default=str)


def _run(one: Measured) -> Run:
    members = one.candidate.checkpoints
    header = members[0].header
    folder = members[0].path.parent if members[0].path else None
    if len(members) > 1:
        return Run(header.model, header.config, folder=folder, name=one.candidate.title)
    return Run(header.model, header.config, folder=folder)


def _columns(one: Measured, split: str, category: str) -> dict[str, int]:
    """The columns of the markers of a category that have scores, by name."""
    return {
        row.marker: at
        for at, row in enumerate(one.splits[split].markers)
        if row.category == category and row.scored
    }


def _cells(group: Sequence[Measured]) -> Iterator[Cell]:
    first = group[0]
    for split in SPLITS:
        for category in dict.fromkeys(row.category for row in first.splits[split].markers):
            columns = _columns(first, split, category)
            if not columns:
                continue
            rows = [first.splits[split].markers[at] for at in columns.values()]
            yield Cell(
                split=split, category=category, markers=len(rows),
                positives=sum(row.positives for row in rows),
                base_rate=fmean(row.base_rate for row in rows),
                **{rule: _estimate(group, split, rule, list(columns)) for rule in RULES},
            )  # fmt: skip


def _values(one: Measured, split: str, rule: str, names: Sequence[str]) -> tuple[float, Values]:
    """The mean over markers on the split, and in every resample, float64 (R,)."""
    scores = one.splits[split]
    places = {row.marker: at for at, row in enumerate(scores.markers)}
    chosen = [places[name] for name in names]
    value = fmean(getattr(scores.markers[at], rule) for at in chosen)
    samples = scores.samples[rule][:, chosen]
    counts = (~np.isnan(samples)).sum(1)  # 0 where no window with a label was drawn
    means = np.nansum(samples, axis=1) / np.maximum(counts, 1)
    return value, np.where(counts, means, np.nan)


def _estimate(group: Sequence[Measured], split: str, rule: str, names: Sequence[str]) -> Estimate:
    found = [_values(one, split, rule, names) for one in group]
    values = [value for value, _ in found]
    value = fmean(values)
    low, high = interval(value, np.mean([samples for _, samples in found], axis=0))
    spread = stdev(values) if len(values) > 1 else None
    return Estimate(value=value, low=low, high=high, spread=spread)


def _differences(one: Row, other: Row) -> Iterator[Difference]:
    for cell in one.cells:
        split, category = cell.split, cell.category
        theirs = _columns(other.seeds[0], split, category)
        names = [name for name in _columns(one.seeds[0], split, category) if name in theirs]
        for rule in RULES if names else ():
            means = []
            for row in (one, other):
                found = [_values(seed, split, rule, names) for seed in row.seeds]
                means.append((fmean(v for v, _ in found), np.mean([s for _, s in found], axis=0)))
            value = means[0][0] - means[1][0]
            low, high = interval(value, means[0][1] - means[1][1])
            assert not math.isnan(value)
            yield Difference(
                model=one.style.title, other=other.style.title, split=split, category=category,
                rule=rule, markers=len(names),
                difference=Estimate(value=value, low=low, high=high),
            )  # fmt: skip
