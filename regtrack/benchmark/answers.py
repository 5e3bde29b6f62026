"""The results for a trained model: rows of numbers, stored as JSON and CSV.

Each row names model, seed and marker, so that the rows of all runs form one table.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any

from regtrack.atomic import publish_file
from regtrack.csv_table import write_csv
from regtrack.errors import OutputError, RecordError
from regtrack.files.records import check_seal, read_record, to_text, typed


@dataclass(frozen=True)
class Row:
    """Attributes of every row.

    Attributes:
        model: name in the benchmark.
        seed: of genome and weights.
        marker: the predicted marker.
    """

    model: str
    seed: int
    marker: str


@dataclass(frozen=True)
class Score(Row):
    """How well a marker is predicted on the held-out chromosome.

    Attributes:
        kind: local, cluster or distant.
        average_precision: PR AUC by steps, over every known base.
        base_rate: the score of an uninformed model.
    """

    kind: str
    average_precision: float
    base_rate: float


@dataclass(frozen=True)
class Field(Row):
    """The effective receptive field (bp).

    Attributes:
        counted: the largest span that an output can depend on; None: the whole sequence.
        width_50: of the narrowest stretch around the output with half of the gradient; None if
            there is no gradient.
        width_90: the same with 90 % of it.
        width_99: the same with 99 % of it.
    """

    counted: int | None
    width_50: int | None
    width_90: int | None
    width_99: int | None


@dataclass(frozen=True)
class Found(Row):
    """How well saliency (the norm of the gradient) finds planted bases: means over regions.

    Attributes:
        outputs: the outputs given an error of 1: `all` labelled bases of a region, or only the
            `far` ones, at least 500 bp from every motif that causes the label.
        motif: the motif to find, leaving out the sites of all others; `all` finds every motif.
        regions: number of regions.
        average_precision: of saliency against planted bases.
        shuffled: the same against planted bases rotated by a random offset.
        untrained: the same for the network before training: what its receptive field finds
            merely by its position.
        share: fraction of the bases that are planted.
    """

    outputs: str
    motif: str
    regions: int
    average_precision: float
    shuffled: float
    untrained: float
    share: float


@dataclass(frozen=True)
class Response(Row):
    """A model's scores next to the motifs of an element.

    For the distant marker, the bases from each partner to 1 kb towards the other one, which are
    labelled in every true pair. For other markers, the bases that a label around each motif covers.

    Attributes:
        role: of the elements.
        labelled: whether they are labelled.
        elements: number of elements.
        score: mean over these bases, then over the elements.
    """

    role: str
    labelled: bool
    elements: int
    score: float


@dataclass(frozen=True)
class Answers:
    """All rows of one run or of many."""

    scores: tuple[Score, ...] = ()
    fields: tuple[Field, ...] = ()
    saliency: tuple[Found, ...] = ()
    responses: tuple[Response, ...] = ()

    @classmethod
    def joined(cls, many: Sequence[Answers]) -> Answers:
        """The rows of all answers, in order."""
        return cls(*(tuple(row for one in many for row in getattr(one, part)) for part in PARTS))

    def to_dict(self) -> dict[str, Any]:
        """All rows, JSON-serialisable."""
        return asdict(self)

    def write_tables(self, folder: Path) -> None:
        """Write scores.csv, fields.csv, saliency.csv and responses.csv, replacing existing ones.

        Raises:
            OutputError: a file cannot be written.
        """
        for part, kind in PARTS.items():
            with publish_file(folder / f"{part}.csv", overwrite=True) as path:
                rows = map(asdict, getattr(self, part))
                write_csv(path, [one.name for one in fields(kind)], rows)


PARTS: dict[str, type[Row]] = {
    "scores": Score, "fields": Field, "saliency": Found, "responses": Response
}  # fmt: skip


def save_answers(path: Path, answers: Answers) -> None:
    """Write answers as JSON, replacing an existing file."""
    with publish_file(path, overwrite=True) as temporary:
        temporary.write_text(to_text(answers.to_dict()), encoding="utf-8")


def load_answers(path: Path) -> Answers:
    """The answers that `save_answers` wrote.

    Raises:
        OutputError: the file is damaged.
    """
    try:
        content = read_record(path)
        answers = typed(content, Answers)
        check_seal(content, required=False)  # those of earlier versions have no digest
    except RecordError as error:
        raise OutputError(
            f"{path} is damaged: {error}; remove it, and it is measured again"
        ) from error
    return answers
