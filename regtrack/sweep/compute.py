"""Read batches and run the model on them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import chain
from typing import ClassVar, Protocol

import numpy as np
import numpy.typing as npt
import torch
import torch.nn.functional as F
from torch import Tensor

from regtrack.errors import FastaError, PlanError
from regtrack.genome.reference import Reference
from regtrack.genome.sequence import Codes, N
from regtrack.predict.capacity import BYTES_PER_BASE
from regtrack.predict.copies import Scores
from regtrack.predict.description import Values
from regtrack.predict.device import memory_errors
from regtrack.predict.ensemble import SEVERAL, Ensemble
from regtrack.predict.forward import Lengths, values_of_codes
from regtrack.predict.network import Network, answered, traits_of
from regtrack.predict.opening import check_strands
from regtrack.predict.reading import Strip, codes_of
from regtrack.sweep.computation import Computation, Shape, ValueKind
from regtrack.sweep.plan import SweepPlan
from regtrack.sweep.request import SweepRequest
from regtrack.sweep.targets import Numbers, Targets, edges_of

Present = npt.NDArray[np.bool_]

_PIECE = 1 << 20  # bases read at once to find one that is not N
_ALIKE = 0.8  # the shortest row of a group, as a fraction of its longest


@dataclass(frozen=True)
class Scorer:
    """The scores or logits of a network: what `predict-genome` computes.

    Attributes:
        model: the network, on the device.
        rows: the markers to compute, as rows of its last layer.
        device, precision: as in `regtrack.predict.forward.values_of_codes`.
        both_strands: average both strands instead of using the forward strand alone.
        logits: compute logits instead of scores.
        compiled: shape (B, L) of the codes that use the compiled network; None: not compiled.
    """

    model: Network
    rows: Sequence[int]
    device: torch.device
    precision: str = "fp32"
    both_strands: bool = False
    logits: bool = False
    compiled: Shape | None = None

    flanks: ClassVar[int] = 1
    bytes_per_base: ClassVar[int] = BYTES_PER_BASE

    @property
    def kinds(self) -> tuple[ValueKind, ...]:
        """One file per marker."""
        return (ValueKind(self.values),)

    @property
    def count(self) -> int:
        """Values per base: one per marker."""
        return len(self.rows)

    @property
    def values(self) -> Values:
        """`logits`, `scores` or `signal`."""
        if traits_of(self.model).values == "logits":
            return "logits" if self.logits else "scores"
        return traits_of(self.model).values

    @property
    def why_not_compiled(self) -> str:
        """Why it cannot be compiled; networks of the user's own run as they are."""
        if isinstance(self.model, Ensemble):
            return SEVERAL
        if getattr(self.model, "step", 1) > 1:
            return "this network reads one window after another"
        return "this network is not one of regtrack's" if traits_of(self.model).whole else ""

    def with_compiled(self, shape: Shape | None) -> Scorer:
        """The same computation, compiled for codes of a shape (B, L); None: not compiled."""
        return replace(self, compiled=shape)

    def __call__(self, codes: Codes, lengths: Lengths | None = None) -> Tensor:
        """Values, float32 (B, count, L) along the forward strand on the device, of codes (B, L).

        With lengths (B,) in bp, rows are padded with N and get what they would get alone.
        """
        return values_of_codes(
            self.model, codes,
            markers=self._rows, precision=self.precision, device=self.device,
            both_strands=self.both_strands, logits=self.logits,
            compiled=codes.shape == self.compiled and lengths is None, lengths=lengths,
        )  # fmt: skip

    @cached_property
    def _rows(self) -> Tensor:
        """The rows on the device, so that passes do not wait for a copy."""
        return torch.tensor(self.rows, dtype=torch.long, device=self.device)


def make_scorer(
    model: Network, rows: Sequence[int], device: torch.device, request: SweepRequest
) -> Scorer:
    """The scorer for a request; a `MakeComputation`.

    Raises:
        PlanError: logits or both strands of a network that does not give them.
    """
    check_strands(
        model, logits=request.storage.logits, both_strands=request.compute.reverse_complement
    )
    return Scorer(
        model,
        rows,
        device,
        precision=request.compute.precision,
        both_strands=request.compute.reverse_complement,
        logits=request.storage.logits,
    )


@dataclass(frozen=True)
class Reading:
    """The sequence of a batch.

    Attributes:
        strips: the positions of its strips.
        codes: for each strip what the model reads, uint8 (read_end - read_start,).
        present: which bases get a value (requested and not N), one strip after another, bool (bp,).
        edges: where each strip begins in `present`, and where the last ends, int64 (n + 1,): each
            takes up a multiple of the resolution.
    """

    strips: tuple[Strip, ...]
    codes: list[Codes]
    present: Present
    edges: Numbers


@dataclass(frozen=True)
class Piece:
    """The values of a batch.

    Attributes:
        strips: their positions.
        bases: the number of bases that get a value (bp).
        values: as stored, one strip after another, float32 (count, L'), one row per file; None: no
            base gets a value, and nothing was computed.
    """

    strips: tuple[Strip, ...]
    bases: int
    values: Scores | None

    @property
    def length(self) -> int:
        """L', the values of each file."""
        return 0 if self.values is None else self.values.shape[1]

    @classmethod
    def of(cls, pieces: Sequence[Piece]) -> Piece:
        """Pieces one after another, as one."""
        bases = sum(piece.bases for piece in pieces)
        stored = [piece for piece in pieces if piece.values is not None]
        if len(stored) < 2:
            return replace(stored[0] if stored else pieces[0], bases=bases)
        strips = tuple(chain.from_iterable(piece.strips for piece in stored))
        values = [piece.values for piece in stored if piece.values is not None]
        return cls(strips, bases, np.concatenate(values, axis=1))


class Finish(Protocol):
    """Turns the values of strips on the device into the values to encode."""

    def __call__(self, reading: Reading, values: Tensor) -> Scores:
        """Values to store, float32 (count, L'), from values (count, bp) as in `Reading.present`."""


def read(plan: SweepPlan, reference: Reference, batch: tuple[Strip, ...]) -> Reading:
    """Read the sequence of a batch.

    Raises:
        FastaError: the file cannot be read.
    """
    codes = [_codes(reference, strip) for strip in batch]
    edges = edges_of([(s.chrom, s.start, s.end) for s in batch], plan.resolution)
    known = np.zeros(edges[-1], dtype=np.bool_)
    for at, strip, read in zip(edges.tolist(), batch, codes, strict=False):
        np.not_equal(read[strip.crop], N, out=known[at : at + strip.end - strip.start])
    return Reading(batch, codes, plan.mask(batch) & known, edges)


def check_any_known(targets: Targets, reference: Reference) -> None:
    """Refuse bases that are all N; reads up to the first that is not.

    Raises:
        PlanError: no base would get a value.
        FastaError: the file cannot be read.
    """
    for chrom, intervals in targets.items():
        for start, end in intervals:
            for low in range(start, end, _PIECE):
                high = min(low + _PIECE, end)
                if (_codes(reference, Strip(chrom, low, high, low, high)) != N).any():
                    return
    raise PlanError(
        "nothing to predict: all requested bases are N, which get no value, and browsers refuse "
        "tracks without any; choose other bases"
    )


def _codes(reference: Reference, strip: Strip) -> Codes:
    try:
        return codes_of(reference, strip)
    except OSError as error:
        raise FastaError(
            f"{reference.path} cannot be read: {error.strerror or error}; run again later"
        ) from error


def predict(reading: Reading, compute: Computation, finish: Finish) -> Piece:
    """Predict a batch, except for strips where no base gets a value.

    Raises:
        OutOfMemoryError: too little memory.
    """
    reading = _answered(reading, compute)
    needed = np.logical_or.reduceat(reading.present, reading.edges[:-1])
    if not needed.any():
        return Piece(reading.strips, 0, None)
    rows = np.flatnonzero(needed).tolist()
    with memory_errors(compute.device, (len(rows), max(len(reading.codes[row]) for row in rows))):
        found = {
            rows[index]: values
            for group, codes, lengths in passes([reading.codes[row] for row in rows])
            for index, values in zip(group, compute(codes, lengths), strict=True)
        }
        return Piece(
            reading.strips, int(reading.present.sum()), finish(reading, _joined(reading, found))
        )


def _answered(reading: Reading, compute: Computation) -> Reading:
    """The batch without the bases for which the network gives no value though they are not N."""
    if traits_of(compute.model).answers is None:
        return reading
    present = reading.present.copy()
    for at, strip, codes in zip(
        reading.edges.tolist(), reading.strips, reading.codes, strict=False
    ):
        found = answered(compute.model, codes, strip.kept, both_strands=compute.both_strands)
        if found is not None:
            present[at : at + strip.end - strip.start] &= found
    return replace(reading, present=present)


def _joined(reading: Reading, found: dict[int, Tensor]) -> Tensor:
    """The values (count, bp) of all strips, of those (count, L) of what was read for some."""
    widths = np.diff(reading.edges).tolist()
    empty = next(iter(found.values()))[:, :1]  # stands for strips where no base gets a value
    parts = []
    for row, (strip, width) in enumerate(zip(reading.strips, widths, strict=True)):
        part = found[row][:, strip.kept] if row in found else empty.expand(-1, width)
        missing = width - part.shape[1]
        parts.append(F.pad(part, (0, missing)) if missing else part)
    return parts[0] if len(parts) == 1 else torch.cat(parts, dim=1)


def passes(rows: Sequence[Codes]) -> Iterator[tuple[list[int], Codes, Lengths | None]]:
    """Rows to compute at once, codes uint8 (L,) each: indices, and what a `Computation` takes."""
    for group in alike([len(row) for row in rows]):
        yield group, *_stacked([rows[index] for index in group])


def alike(lengths: Sequence[int]) -> list[list[int]]:
    """Groups of rows, by their index, that are padded to the longest of each group.

    Padding takes at most a fifth of a group, so that it costs less than another pass would.

    >>> alike([500, 90, 450, 100, 500])
    [[0, 4, 2], [3, 1]]
    """
    groups: list[list[int]] = []
    for row in sorted(range(len(lengths)), key=lambda row: -lengths[row]):
        if groups and lengths[row] >= _ALIKE * lengths[groups[-1][0]]:
            groups[-1].append(row)
        else:
            groups.append([row])
    return groups


def _stacked(rows: list[Codes]) -> tuple[Codes, Lengths | None]:
    """Codes as one array, padded with N; and the length of each row, unless all are equal."""
    lengths = np.array([len(row) for row in rows], dtype=np.int64)
    if (lengths == lengths[0]).all():
        return np.stack(rows), None
    codes = np.full((len(rows), lengths.max()), N, dtype=np.uint8)
    for row, found in zip(codes, rows, strict=True):
        row[: len(found)] = found
    return codes, lengths
