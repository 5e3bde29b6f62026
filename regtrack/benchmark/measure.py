"""Measure a trained model on the held-out chromosome."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from sklearn.metrics import average_precision_score

from regtrack.benchmark.answers import Answers, Field, Found, Response, Score
from regtrack.benchmark.plan import TEST_CHROM, Plan
from regtrack.benchmark.planted import bases, groups, labelled_regions, spans_of
from regtrack.checkpoint import Checkpoint
from regtrack.dataset.store import Dataset
from regtrack.errors import DatasetError
from regtrack.genome.interval import Interval
from regtrack.genome.intervals import Mask
from regtrack.genome.sequence import Codes, N
from regtrack.models.network import TrackModel
from regtrack.predict.reading import ReadRule, Strip
from regtrack.predict.region import values_along
from regtrack.saliency.gradient import gradient_saliency
from regtrack.saliency.receptive_field import effective_receptive_field
from regtrack.saliency.values import Values
from regtrack.simulation.grammar import Grammar, PlantedMarker
from regtrack.simulation.rules import Label, Site

FAR = 500  # bp from every motif
_BESIDE = 6_000  # bp on each side of a region in which saliency is ranked as well
_SHIFTS = 5  # random offsets of the control


@dataclass(frozen=True)
class Exam:
    """One trained model, its training data, and the correct answers.

    Attributes:
        model: name in the benchmark.
        seed: of genome and weights.
        checkpoint: the model, on the markers of the dataset, in their order.
        untrained: the same network with initial weights.
        dataset: the labelled genome.
        grammar: what was planted.
        sites: on the held-out chromosome.
        plan: how much to measure.
    """

    model: str
    seed: int
    checkpoint: Checkpoint
    untrained: TrackModel
    dataset: Dataset
    grammar: Grammar
    sites: Sequence[Site]
    plan: Plan

    @property
    def length(self) -> int:
        """Length of the held-out chromosome (bp)."""
        return self.dataset.assembly.length(TEST_CHROM)

    def strip(self, start: int, end: int) -> Strip:
        """The outputs of [start, end) on the held-out chromosome, with what is read for them."""
        rule = ReadRule.of(self.checkpoint.model)
        return rule.strip(TEST_CHROM, start, end, length=self.length)

    def codes(self, strip: Strip) -> Codes:
        """The codes of the bases that a strip reads, uint8 (n,)."""
        return self.dataset.codes(strip.chrom, strip.read_start, strip.read_end)


def examine(exam: Exam) -> Answers:
    """All results for one model."""
    place = Interval(TEST_CHROM, 0, exam.length)
    rows = range(len(exam.grammar.markers))
    track = values_along(exam.checkpoint.model, exam.dataset, place, rows)
    truth = exam.dataset.dense(TEST_CHROM, 0, exam.length)
    known = exam.dataset.codes(TEST_CHROM, 0, exam.length) != N
    found, heard = [], []
    marked = [_Question(exam, row, marker) for row, marker in enumerate(exam.grammar.markers)]
    for question in marked:
        found += _found(question)
        heard += _responses(question, track[question.row])
    return Answers(
        scores=tuple(_score(one, truth[one.row, known], track[one.row, known]) for one in marked),
        fields=tuple(_field(one) for one in marked),
        saliency=tuple(found),
        responses=tuple(heard),
    )


@dataclass(frozen=True)
class _Question:
    """An exam on one marker, `row` of the labels and of the model's last layer."""

    exam: Exam
    row: int
    planted: PlantedMarker

    @property
    def names(self) -> tuple[str, int, str]:
        """The first fields of every result."""
        return self.exam.model, self.exam.seed, self.exam.dataset.markers[self.row].name


def _score(question: _Question, truth: npt.NDArray[np.uint8], track: Values) -> Score:
    precision = float(average_precision_score(truth, track))
    return Score(*question.names, question.planted.category, precision, float(truth.mean()))


def _field(question: _Question) -> Field:
    exam = question.exam
    counted = exam.checkpoint.model.receptive_field
    try:
        curve = effective_receptive_field(
            exam.checkpoint,
            exam.dataset,
            exam.dataset.markers[question.row],
            split="test",
            positives=exam.plan.positives,
            seed=exam.seed,
        )
    except DatasetError:  # no gradient anywhere
        return Field(*question.names, counted, None, None, None)
    return Field(*question.names, counted, *(curve.width(share) for share in (50, 90, 99)))


def _responses(question: _Question, track: Values) -> list[Response]:
    """The mean score on each kind of element; every element has the same weight."""
    said = defaultdict(list)
    exam = question.exam
    for group in groups(question.planted, exam.sites, exam.length):
        mean = float(track[group.start : group.end][group.mask].mean())
        said[group.role, group.labelled].append(mean)
    return [
        Response(*question.names, role, labelled, len(means), float(np.mean(means)))
        for (role, labelled), means in sorted(said.items())
    ]


def _found(question: _Question) -> list[Found]:
    """How well saliency finds the planted bases, for all choices of outputs and motif."""
    exam = question.exam
    rng = np.random.default_rng([exam.seed, question.row])
    regions = labelled_regions(question.planted, exam.sites)
    if len(regions) > exam.plan.regions:
        chosen = rng.choice(len(regions), exam.plan.regions, replace=False)
        regions = [regions[index] for index in sorted(chosen)]
    ranked = defaultdict(list)
    for region in regions:
        for key, saliency, mask in _views(question, region):
            ranked[key].append(_precisions(saliency, mask, rng))
    return [
        Found(*question.names, *key, len(rows), *map(float, np.mean(rows, axis=0)))
        for key, rows in ranked.items()
    ]


_View = tuple[tuple[str, str], Values, Mask]


def _views(question: _Question, region: Label) -> Iterator[_View]:
    """Outputs and motif of each comparison, with the saliency (2, L) and the planted bases (L,).

    The saliency is that of the trained and of the untrained network.
    """
    exam, names = question.exam, question.planted.rule.names
    start, end = max(region.start, 0), min(region.end, exam.length)
    low, high = max(0, start - _BESIDE), min(exam.length, end + _BESIDE)
    planted = bases(spans_of(region.sites)).mask(low, high)
    for which, outputs in _outputs(region, start, end):
        saliency = np.stack(
            [
                _saliency(question, model, start, outputs, (low, high))
                for model in (exam.checkpoint.model, exam.untrained)
            ]
        )
        yield (which, "all"), saliency, planted
        for motif in names if len(names) > 1 else ():
            mine = bases(spans_of(s for s in region.sites if s.motif == motif)).mask(low, high)
            if mine.any():
                kept = mine | ~planted
                yield (which, motif), saliency[:, kept], mine[kept]


def _outputs(region: Label, start: int, end: int) -> Iterator[tuple[str, Mask]]:
    """The outputs of [start, end) to give an error of 1: all, and those far from every motif."""
    yield "all", np.ones(end - start, dtype=np.bool_)
    near = bases((low - FAR, high + FAR) for low, high in spans_of(region.sites))
    far = ~near.mask(start, end)
    if far.any():
        yield "far", far


def _saliency(
    question: _Question, model: TrackModel, start: int, outputs: Mask, where: tuple[int, int]
) -> Values:
    """The saliency of the bases in `where`, for outputs from `start` on; 0 beyond their reach."""
    exam, (low, high) = question.exam, where
    strip = exam.strip(start, start + len(outputs))
    first, last = strip.read_start, strip.read_end
    errors = np.zeros(last - first, dtype=np.bool_)
    errors[strip.crop] = outputs
    (found,) = gradient_saliency(model, exam.codes(strip)[None], errors[None], question.row)
    values = np.zeros(high - low, dtype=np.float32)
    shared = slice(max(low, first), min(high, last))
    values[shared.start - low : shared.stop - low] = found[
        shared.start - first : shared.stop - first
    ]
    return values


def _precisions(saliency: Values, planted: Mask, rng: np.random.Generator) -> tuple[float, ...]:
    """Average precision, that of rotated planted bases, that of the untrained model; the fraction.

    Args:
        saliency: of the trained and the untrained network, (2, L).
        planted: bool (L,).
        rng: for the random offsets.
    """
    trained, untrained = saliency
    shifts = rng.integers(1, len(planted), size=_SHIFTS)
    moved = [average_precision_score(np.roll(planted, shift), trained) for shift in shifts]
    return (
        average_precision_score(planted, trained),
        float(np.mean(moved)),
        average_precision_score(planted, untrained),
        float(planted.mean()),
    )
