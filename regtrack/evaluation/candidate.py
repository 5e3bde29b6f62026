"""What one line of a report speaks of: a network, or several whose logits are averaged."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import torch
from torch import Tensor

from regtrack.checkpoint import Checkpoint, check_assembly, load_checkpoint, style_checkpoints
from regtrack.dataset.identity import dataset_digest
from regtrack.dataset.store import Dataset
from regtrack.errors import CheckpointError, MarkerError, nearest
from regtrack.evaluation.fits import check_fits
from regtrack.evaluation.metrics import centres
from regtrack.predict.ensemble import NamedEnsemble, averaged

_log = logging.getLogger(__name__)

Given = Checkpoint | str | Path
AND = "+"


@dataclass(frozen=True)
class Pairing:
    """Columns of a dataset and rows of a candidate that are the same markers, in the same order.

    Attributes:
        dataset: columns of the labels.
        rows: of the candidate's network.
        width: total number of columns of the labels.
    """

    dataset: list[int]
    rows: list[int]
    width: int


@dataclass(frozen=True)
class Candidate:
    """A network, or several whose logits are averaged.

    Attributes:
        id: short, for files and tables.
        title: for readers.
        members: the networks with what they were trained on.
    """

    id: str
    title: str
    members: tuple[Checkpoint, ...]

    @property
    def paths(self) -> str:
        """The members' files, as they can be given again."""
        return AND.join(str(member.path or "") for member in self.members)

    @cached_property
    def network(self) -> NamedEnsemble:
        """The members as one network, of the markers that all predict.

        Raises:
            MarkerError: there are none.
        """
        return averaged(self.members)

    def centres(self, pairing: Pairing) -> Tensor:
        """The values around which the logits of the paired markers crowd, float32 (M,)."""
        every = zip(self.members, self.network.model.rows, strict=True)
        return torch.stack([centres(member.model)[rows] for member, rows in every]).mean(0)[
            pairing.rows
        ]

    def pair(self, dataset: Dataset, selected: Sequence[int]) -> Pairing:
        """The selected markers of the dataset that the candidate predicts.

        Raises:
            MarkerError: there are none.
        """
        rows = {name: row for row, name in enumerate(self.network.marker_names)}
        common = [index for index in selected if dataset.markers[index].name in rows]
        if not common:
            name = dataset.markers[selected[0]].name
            raise MarkerError(
                f"{self._named} predicts none of the {len(selected)} requested markers, such as "
                f'"{name}"; it predicts {len(rows)}, such as "{next(iter(rows))}"'
                f"{nearest(name, rows)}"
            )
        if len(common) < len(selected):
            _log.warning(
                "%s predicts %d of the %d markers; it is evaluated on these",
                self._named, len(common), len(selected),
            )  # fmt: skip
        named = [rows[dataset.markers[index].name] for index in common]
        return Pairing(common, named, len(dataset.markers))

    @property
    def _named(self) -> str:
        return self.paths or f"the {self.title} model"

    def check(self, dataset: Dataset, split: str, *, any_assembly: bool) -> None:
        """Refuse a dataset of another assembly or task; warn where scores may measure memory.

        Raises:
            AssemblyError: see `check_assembly`.
            DatasetError: see `check_fits`.
        """
        for member in self.members:
            check_fits(member.model, dataset)
            check_assembly(
                member, dataset.assembly, str(dataset.path),
                any_assembly=any_assembly, unseen=any_assembly,
            )  # fmt: skip
            title = self.title if len(self.members) == 1 else f"{member.path or member.title}"
            if member.header.trained_on != dataset_digest(dataset):
                _log.warning(
                    "%s was not trained on this dataset: the %s split may contain windows of its "
                    "training", title, split,
                )  # fmt: skip
            elif split == "train":
                _log.warning(
                    "%s was trained on these windows: its scores on the train split do not measure "
                    "how well it generalises", title,
                )  # fmt: skip


def open_candidates(given: Sequence[Given | Sequence[Given]]) -> list[Candidate]:
    """Load every checkpoint once, and name each candidate.

    Args:
        given: checkpoints or their files; several to be averaged are a sequence, or files joined
            by `+`.

    Raises:
        CheckpointError: no checkpoint, one that cannot be read, or one candidate given twice.
    """
    files: dict[Path, Checkpoint] = {}
    groups = [tuple(_opened(member, files) for member in _group(one)) for one in given]
    every = list({id(member): member for group in groups for member in group}.values())
    styles = {id(member): style for style, member in style_checkpoints(every).items()}
    seen: list[set[int]] = []
    candidates = []
    for group in groups:
        keys = {id(member) for member in group}
        title = f" {AND} ".join(styles[id(member)].title for member in group)
        if len(keys) < len(group) or keys in seen:
            raise CheckpointError(f"{title} is named twice; name each checkpoint once")
        seen.append(keys)
        name = AND.join(styles[id(member)].id for member in group)
        candidates.append(Candidate(name, title, group))
    return candidates


def members(given: str | Path) -> list[str | Path]:
    """The files of one candidate, joined by `+`; a file whose name has a `+` is one.

    Raises:
        CheckpointError: a part is empty.
    """
    if AND not in str(given) or Path(given).exists():
        return [given]
    parts = str(given).split(AND)
    if not all(parts):
        raise CheckpointError(
            f"{given}: a name beside {AND} is missing; expected checkpoints joined by {AND}, such "
            f"as run1{AND}run2"
        )
    return list(parts)


def _group(given: Given | Sequence[Given]) -> Sequence[Given]:
    if isinstance(given, Checkpoint):
        return [given]
    return members(given) if isinstance(given, str | Path) else given


def _opened(given: Given, files: dict[Path, Checkpoint]) -> Checkpoint:
    """A checkpoint, loaded unless its file is among those that are, where it is noted."""
    found = given if isinstance(given, Checkpoint) else load_checkpoint(given)
    return found if found.path is None else files.setdefault(found.path.resolve(), found)
