"""What one line of a report speaks of: a network, or several whose logits are averaged."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import cast

import torch
from torch import Tensor

from regtrack.checkpoint import Checkpoint, check_assembly, style_checkpoints
from regtrack.dataset.identity import dataset_digest
from regtrack.dataset.store import Dataset
from regtrack.errors import CheckpointError, MarkerError, NetworkError, nearest
from regtrack.evaluation import theirs
from regtrack.evaluation.fits import check_fits
from regtrack.evaluation.metrics import centres
from regtrack.evaluation.reads import Reads
from regtrack.predict.ensemble import averaged
from regtrack.predict.foreign import ForeignNetwork
from regtrack.predict.forward import forward
from regtrack.predict.network import TrainedNetwork
from regtrack.predict.opening import One, Single, open_one

_log = logging.getLogger(__name__)

Given = One
AND = "+"
_CENTRE = 4.0  # the furthest centre of bins from a score of 0.5, for networks of the user's own


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
class Scored:
    """A network, whose values are logits, and what it predicts.

    Attributes:
        model: the network.
        marker_names: one per row of its last layer.
        rows: of each member's last layer, for these markers.
    """

    model: TrainedNetwork
    marker_names: tuple[str, ...]
    rows: tuple[list[int], ...]


@dataclass(frozen=True)
class Candidate:
    """A network, or several whose logits are averaged.

    Attributes:
        id: short, for files and tables.
        title: for readers.
        members: the networks with what they were trained on; or a network that regtrack did not
            train, alone.

    Raises:
        NetworkError: one that regtrack did not train beside others.
    """

    id: str
    title: str
    members: tuple[Single, ...]

    def __post_init__(self) -> None:
        if len(self.members) > 1 and len(self.checkpoints) < len(self.members):
            raise NetworkError(
                f"{self.title}: the mean of logits is of checkpoints of regtrack; score networks "
                "of your own by themselves"
            )

    @property
    def checkpoints(self) -> tuple[Checkpoint, ...]:
        """The members that regtrack trained."""
        return tuple(one for one in self.members if isinstance(one, Checkpoint))

    @property
    def foreign(self) -> ForeignNetwork | None:
        """The network, if regtrack did not train it."""
        return next((one for one in self.members if isinstance(one, ForeignNetwork)), None)

    def reads(self, *, flanks: bool) -> tuple[Reads, ...]:
        """The rules by which windows are read: one of the user's own always as in a sweep."""
        if self.foreign is not None:
            return ("flanks",)
        return ("alone", "flanks") if flanks else ("alone",)

    @property
    def paths(self) -> str:
        """The members' files, as they can be given again."""
        if self.foreign is not None:
            return str(self.foreign.source.get("function", ""))
        return AND.join(str(member.path or "") for member in self.members)

    @cached_property
    def network(self) -> Scored:
        """The members as one network, of the markers that all predict.

        Raises:
            MarkerError: there are none.
            NetworkError: a network of the user's own that gives a signal.
        """
        if self.foreign is not None:
            names = self.foreign.marker_names
            return Scored(theirs.Logits(self.foreign.model), names, (list(range(len(names))),))
        found = averaged(self.checkpoints)
        return Scored(found.model, found.marker_names, tuple(found.model.rows))

    def centres(self, pairing: Pairing, device: torch.device) -> Tensor:
        """The values around which the logits of the paired markers crowd, float32 (M,).

        Args:
            pairing: the markers.
            device: where a network of the user's own is called.
        """
        if self.foreign is not None:
            # its logits crowd where they are for sequence without meaning; but bins reach 16 to
            # either side, and the highest scores must not share one
            found = forward(self.network.model, self.foreign.short_sequences(), device=device)
            return (
                found.transpose(0, 1)
                .flatten(1)
                .median(1)
                .values[pairing.rows]
                .clamp(-_CENTRE, _CENTRE)
            )
        every = zip(self.checkpoints, self.network.rows, strict=True)
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
        if self.foreign is not None:
            theirs.check_fits(self.foreign, dataset)
            _log.warning(
                "%s was not trained by regtrack: the %s split may contain windows of its training",
                self.title, split,
            )  # fmt: skip
        for member in self.checkpoints:
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


def open_candidates(
    given: Sequence[Given | Sequence[Given]], device: torch.device | None = None
) -> list[Candidate]:
    """Load every checkpoint once, and name each candidate.

    Args:
        given: checkpoints or their files; several to be averaged are a sequence, or files joined
            by `+`; or networks of the user's own.
        device: where those are called once; None: the CPU.

    Raises:
        NetworkError: a network of the user's own that raises, or that is not as described.
        CheckpointError: no checkpoint, one that cannot be read, or one candidate given twice.
    """
    files: dict[Path, Single] = {}
    groups = [tuple(_opened(member, files, device) for member in _group(one)) for one in given]
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
    if isinstance(given, str | Path):
        return members(given)
    return given if isinstance(given, list | tuple) else [cast(Given, given)]


def _opened(given: Given, files: dict[Path, Single], device: torch.device | None) -> Single:
    """A network, loaded unless its file is among those that are, where it is noted."""
    found = open_one(given, device=device)
    return found if found.path is None else files.setdefault(found.path.resolve(), found)
