"""The benchmark's answers summarised: one number per model and seed, and means."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean
from typing import TypeVar

from regtrack.benchmark.answers import Answers, Found, Row, Score

R = TypeVar("R", bound=Row)

Numbers = Mapping[str, Sequence[float]]
"""One number per seed, by model, in the order of both."""


@dataclass(frozen=True)
class Summary:
    """Summarises the answers; markers of the same kind are averaged.

    Attributes:
        answers: of all models and seeds.
    """

    answers: Answers

    @property
    def kinds(self) -> tuple[str, ...]:
        """The kinds of marker: local, cluster and distant."""
        return tuple(dict.fromkeys(row.kind for row in self.answers.scores))

    def precisions(self, kind: str) -> Numbers:
        """PR AUC."""
        return _numbers(self._of(self.answers.scores, kind), _precision)

    def base_rate(self, kind: str) -> float:
        """Base rate of the held-out chromosomes."""
        return fmean(row.base_rate for row in self._of(self.answers.scores, kind))

    def widths(self, kind: str, share: int) -> Numbers:
        """Widths (bp) of the effective receptive field, where it exists."""
        rows = self._of(self.answers.fields, kind)
        known = [row for row in rows if row.width_90 is not None]
        return _numbers(known, lambda row: float(getattr(row, f"width_{share}")))

    def counted(self) -> dict[str, int | None]:
        """The theoretical receptive field of each model (bp); None: the whole sequence."""
        return {row.model: row.counted for row in self.answers.fields}

    def saliency(self, kind: str, outputs: str = "all", motif: str = "all") -> Numbers:
        """Average precision of saliency against planted bases."""
        return _numbers(self._found(kind, outputs, motif), _precision)

    def untrained(self, kind: str, outputs: str = "all", motif: str = "all") -> Numbers:
        """The same for untrained networks."""
        return _numbers(self._found(kind, outputs, motif), lambda row: row.untrained)

    def shuffled(self, kind: str, outputs: str = "all", motif: str = "all") -> Numbers:
        """The same against planted bases rotated by random offsets."""
        return _numbers(self._found(kind, outputs, motif), lambda row: row.shuffled)

    def motifs(self, kind: str) -> tuple[str, ...]:
        """The motifs that saliency was compared with individually."""
        names = (row.motif for row in self._of(self.answers.saliency, kind))
        return tuple(name for name in dict.fromkeys(names) if name != "all")

    def roles(self, kind: str) -> tuple[tuple[str, bool], ...]:
        """The roles of elements and whether they are labelled, the labelled ones first.

        Elements labelled by chance through another's partner are left out.
        """
        counts: Counter[tuple[str, bool]] = Counter()
        for row in self._of(self.answers.responses, kind):
            counts[row.role, row.labelled] += row.elements
        usual = [key for key in counts if counts[key] > counts[key[0], not key[1]]]
        return tuple(sorted(usual, key=lambda key: (not key[1], key[0])))

    def responses(self, kind: str, role: str, labelled: bool) -> Numbers:
        """The mean score on elements of a role."""
        rows = self._of(self.answers.responses, kind)
        chosen = [row for row in rows if (row.role, row.labelled) == (role, labelled)]
        return _numbers(chosen, lambda row: row.score)

    def elements(self, kind: str, role: str, labelled: bool) -> int:
        """The number of such elements over all seeds, counted for one model and marker."""
        rows = self._of(self.answers.responses, kind)
        counts: Counter[tuple[str, str]] = Counter()
        for row in rows:
            if (row.role, row.labelled) == (role, labelled):
                counts[row.model, row.marker] += row.elements
        return max(counts.values(), default=0)

    def _found(self, kind: str, outputs: str, motif: str) -> list[Found]:
        rows = self._of(self.answers.saliency, kind)
        return [row for row in rows if (row.outputs, row.motif) == (outputs, motif)]

    def _of(self, rows: Iterable[R], kind: str) -> list[R]:
        markers = {row.marker for row in self.answers.scores if row.kind == kind}
        return [row for row in rows if row.marker in markers]


def _precision(row: Score | Found) -> float:
    return row.average_precision


def _numbers(rows: Iterable[R], value: Callable[[R], float]) -> Numbers:
    """The mean of a value over the markers of each model and seed."""
    found: dict[str, dict[int, list[float]]] = defaultdict(lambda: defaultdict(list))
    for row in rows:
        found[row.model][row.seed].append(value(row))
    return {model: [fmean(values) for values in seeds.values()] for model, seeds in found.items()}
