"""Scores of a region or a sequence, as an array with one named row per marker."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import torch
from typing_extensions import TypeIs

from regtrack.errors import SequenceError
from regtrack.genome.assembly import Assembly
from regtrack.genome.interval import Interval, parse_region
from regtrack.genome.reference import Reference
from regtrack.genome.sequence import Codes, N, count_unknown, encode
from regtrack.genome.source import Source
from regtrack.labels.marker import find_row, select_markers
from regtrack.predict.copies import Scores
from regtrack.predict.device import pick_device
from regtrack.predict.network import NamedNetwork
from regtrack.predict.opening import Given, check_place, check_strands, open_network
from regtrack.predict.precision import check_precision
from regtrack.predict.region import values_along
from regtrack.progress import SILENT, Progress


@dataclass(frozen=True, eq=False)
class RegionScores:
    """Scores of a region or a sequence; `scores["GM12878_CTCF"]` are those of one marker.

    Attributes:
        values: one row per marker, float32 (M, L), NaN at N.
        markers: names of the markers, in the order of the rows.
        model: the network's name, such as `dilated`.
        interval: the region; None for a sequence that was passed in.
        logits: whether the values are logits instead of scores.
    """

    values: Scores
    markers: tuple[str, ...]
    model: str
    interval: Interval | None = None
    logits: bool = False

    @property
    def chrom(self) -> str | None:
        """The chromosome; None for a sequence that was passed in."""
        return self.interval.chrom if self.interval else None

    @property
    def start(self) -> int | None:
        """The first base (bp, 0-based); None for a sequence that was passed in."""
        return self.interval.start if self.interval else None

    @property
    def end(self) -> int | None:
        """One past the last base (bp, 0-based); None for a sequence that was passed in."""
        return self.interval.end if self.interval else None

    def __getitem__(self, marker: str) -> Scores:
        """The values of a marker by its exact name, float32 (L,).

        Raises:
            MarkerError: no marker has the name.
        """
        found: Scores = self.values[find_row(self.markers, marker)]
        return found


def scores(
    checkpoint: Given,
    reference: Source | str | Path | Codes | None = None,
    region: Interval | str | None = None,
    *,
    sequence: str | Codes | None = None,
    markers: Sequence[str] | str = (),
    precision: str = "fp32",
    device: str = "auto",
    reverse_complement: bool = False,
    logits: bool = False,
    any_assembly: bool = False,
    progress: Progress = SILENT,
) -> RegionScores:
    """The scores of a region of a genome, or of a sequence.

        found = regtrack.scores("run", "hg38.fa", "chr1:1,000,001-1,025,000", markers="*CTCF*")
        found["GM12878_CTCF"].max()
        found = regtrack.scores("run", "ACGT" * 500)

    A region is read together with the neighbouring bases that its outputs depend on. Its values are
    those that `predict_genome` stores by default: for a convolutional network those of one pass
    over the whole chromosome, for a Bi-LSTM those of windows of 25 kb on a grid from the
    chromosome's first base, each read with 5 kb on both sides. A sequence counts as a whole
    chromosome. Regions may be long: memory holds the result and one strip.

    Args:
        checkpoint: a trained network, its file or its run's folder, or a network of your own
            (docs/networks.md); a network that is passed in is left unchanged.
        reference: a FASTA, or an open `Reference` or `Dataset`; without a region, a sequence.
        region: such as `chr1:1,000,001-1,025,000` (1-based) or an `Interval` (0-based).
        sequence: letters or codes (uint8, A C G T N = 0 1 2 3 4, shape (L,)) to score instead of a
            region.
        markers: names or globs, as in `select_markers`; default: all.
        precision: `fp32` or `bf16`.
        device: `auto`, `cpu`, `cuda`, ...
        reverse_complement: average the values of both strands.
        logits: logits instead of scores.
        any_assembly: accept a reference whose chromosomes have other lengths than in training.
        progress: shows the bp done.

    Raises:
        CheckpointError, FastaError, AssemblyError, RegionError, MarkerError: invalid input.
        NetworkError: a network of your own that raises, or that is not as described.
        PlanError: logits or both strands of a network that does not give them.
        SequenceError: neither a region of a reference nor a sequence, or both; or letters that are
            not DNA.
        DeviceError: no such device or precision.
        OutOfMemoryError: too little memory.
    """
    check_precision(precision)
    place = pick_device(device)
    if region is None and sequence is None and _is_sequence(reference):
        reference, sequence = None, reference
    with _opened(reference, region, sequence) as (source, requested):
        loaded = open_network(checkpoint, device=place, precision=precision)
        if sequence is None:
            check_place(loaded, source.assembly, any_assembly=any_assembly)
        check_strands(loaded.model, logits=logits, both_strands=reverse_complement)
        found = scores_along(
            loaded, source, requested, select_markers(loaded.markers, markers),
            device=place, precision=precision, both_strands=reverse_complement, logits=logits,
            progress=progress,
        )  # fmt: skip
    return found if sequence is None else replace(found, interval=None)


def scores_along(
    named: NamedNetwork,
    source: Source,
    interval: Interval,
    rows: Sequence[int],
    *,
    device: torch.device | None = None,
    precision: str = "fp32",
    both_strands: bool = False,
    logits: bool = False,
    progress: Progress = SILENT,
) -> RegionScores:
    """The scores of any network with named markers; see `values_along`.

    Args:
        named: the network, returned unchanged, and the names of its markers.
        source: the sequence.
        interval: on a chromosome of the source.
        rows: rows of the last layer, in this order.
        device: where to compute; None: the CPU.
        precision: `fp32` or `bf16`.
        both_strands: average the values of both strands.
        logits: logits instead of scores.
        progress: shows the bp done.

    Raises:
        DeviceError: an unknown precision.
        OutOfMemoryError: too little memory.
    """
    values = values_along(
        named.model, source, interval, rows,
        device=device, precision=precision, both_strands=both_strands, logits=logits,
        progress=progress,
    )  # fmt: skip
    return RegionScores(
        values=values,
        markers=tuple(named.marker_names[row] for row in rows),
        model=named.model.name,
        interval=interval,
        logits=logits,
    )


@dataclass(frozen=True, eq=False)
class _Sequence:
    """A sequence as the only chromosome of a genome."""

    bases: Codes

    @property
    def assembly(self) -> Assembly:
        return Assembly(("sequence",), (len(self.bases),))

    def codes(self, chrom: str, start: int, end: int) -> Codes:  # noqa: ARG002
        return self.bases[start:end]


def _is_sequence(given: Source | str | Path | Codes | None) -> TypeIs[str | Codes]:
    """Whether this is letters of DNA or codes, rather than a genome or its file."""
    return isinstance(given, np.ndarray) or (isinstance(given, str) and count_unknown(given) == 0)


@contextmanager
def _opened(
    reference: Source | str | Path | Codes | None,
    region: Interval | str | None,
    sequence: str | Codes | None,
) -> Iterator[tuple[Source, Interval]]:
    """The source and the interval to score."""
    if (sequence is None) == (reference is None) or (reference is None) != (region is None):
        given = {"reference": reference, "region": region, "sequence": sequence}
        named = [f"`{name}`" for name, value in given.items() if value is not None]
        raise SequenceError(
            f"found {' and '.join(named) or 'nothing to score'}; expected either `reference` and "
            "`region`, or `sequence`"
        )
    if sequence is not None:
        bases = _codes(sequence)
        yield _Sequence(bases), Interval("sequence", 0, len(bases))
    elif isinstance(reference, str | Path):
        with Reference(reference) as opened:
            yield opened, _interval(region, opened.assembly)
    elif isinstance(reference, np.ndarray):
        raise SequenceError("found a sequence with a `region`; expected a `reference` with it")
    elif reference is not None:
        yield reference, _interval(region, reference.assembly)


def _interval(region: Interval | str | None, assembly: Assembly) -> Interval:
    """A region of an assembly; an `Interval` is checked in the same way as a string."""
    assert region is not None  # as a reference always comes with a region
    return parse_region(region, assembly)


def _codes(sequence: str | Codes) -> Codes:
    """The codes of a sequence.

    Raises:
        SequenceError: no bases, letters that are not DNA, or numbers that are not codes.
    """
    if isinstance(sequence, str):
        if unknown := count_unknown(sequence):
            raise SequenceError(
                f"{unknown:,} of the {len(sequence):,} letters of the sequence are not DNA; "
                "expected A, C, G, T, N or another IUPAC code, without spaces or line breaks"
            )
        codes = encode(sequence)
    else:
        codes = sequence
    if codes.dtype != np.uint8 or codes.ndim != 1 or codes.max(initial=0) > N:
        raise SequenceError(
            f"the sequence has {codes.dtype} of shape {codes.shape}; expected letters, or codes: "
            "uint8 of shape (L,), A C G T N = 0 1 2 3 4"
        )
    if not len(codes):
        raise SequenceError("the sequence is empty; expected at least one base")
    return codes
