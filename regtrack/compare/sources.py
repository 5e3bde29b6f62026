"""What the page may show, opened and checked before the first request."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Generic, TypeVar

import numpy as np

from regtrack.checkpoint_header import CheckpointHeader, read_header
from regtrack.compare.discreet import called
from regtrack.compare.labels import DatasetLabels, LabelSource, PeakLabels, bed_marker
from regtrack.dataset.identity import dataset_digest
from regtrack.dataset.store import Dataset
from regtrack.errors import (
    AssemblyError,
    CheckpointError,
    FastaError,
    MarkerError,
    RegtrackError,
)
from regtrack.genome.assembly import Assembly
from regtrack.genome.reference import Reference
from regtrack.genome.sequence import Codes
from regtrack.labels.manifest import MarkerFile, read_markers
from regtrack.tracks.bigwig.bins import Values
from regtrack.tracks.bigwig.raw import RawBigWig
from regtrack.tracks.binning import Bins, base_values, bin_track
from regtrack.tracks.catalog import Catalog, ModelTracks, build_catalog
from regtrack.tracks.genes import Genes
from regtrack.tracks.gtf import check_genes, read_genes
from regtrack.tracks.pool import ReaderPool

_Found = TypeVar("_Found")


class Later(Generic[_Found]):
    """Something that a thread makes meanwhile.

    Attributes:
        value: what was made; None until then, and if it cannot be made.
        error: why it cannot be made, in one line.
    """

    def __init__(self, make: Callable[[], _Found]) -> None:
        self.value: _Found | None = None
        self.error: str | None = None
        self._make = make
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def wait(self, seconds: float | None = None) -> _Found | None:
        """The value, after at most so many seconds."""
        self._thread.join(seconds)
        return self.value

    def _run(self) -> None:
        try:
            self.value = self._make()
        except RegtrackError as error:
            self.error = str(error)


class Letters:
    """The sequence of an assembly, from a dataset or a FASTA; safe to use from several threads."""

    def __init__(self, dataset: Dataset | None, reference: Path | None) -> None:
        self._dataset = dataset
        self._path = reference
        self._reference: Reference | None = None
        self._lock = threading.Lock()

    def codes(self, chrom: str, start: int, end: int) -> Codes | None:
        """The bases of [start, end) as codes; None where they are not known.

        Raises:
            RegionError: the stretch is not within the chromosome.
            FastaError: the FASTA cannot be read.
        """
        if self._dataset is not None:
            name = self._dataset.assembly.resolve(chrom)
            if name is not None:
                return self._dataset.codes(name, start, end)
        if self._path is None:
            return None
        with self._lock:  # a FASTA's reader has one position
            if self._reference is None:
                self._reference = Reference(self._path)
            name = self._reference.assembly.resolve(chrom)
            return None if name is None else self._reference.codes(name, start, end)


@dataclass(frozen=True, eq=False)
class Sources:
    """What the page may show.

    Attributes:
        catalog: the tracks, models and markers, by id.
        pool: the open bigWigs.
        labels: labels of markers, if given.
        dataset: the dataset, if the labels are one: it knows the splits and the sequence.
        checkpoints: the checkpoint of each model that one was given for, by the model's id.
        reference: the FASTA, if it is known and there.
        letters: the sequence.
        gene_file: the genes, which a thread reads meanwhile; None where none were given.
    """

    catalog: Catalog
    pool: ReaderPool
    labels: LabelSource | None = None
    dataset: Dataset | None = None
    checkpoints: Mapping[str, Path] = field(default_factory=dict)
    reference: Path | None = None
    letters: Letters = field(default_factory=lambda: Letters(None, None))
    gene_file: Later[Genes] | None = None

    @property
    def genes(self) -> Genes | None:
        """The genes; None where none were given, or they are not read yet."""
        return self.gene_file.value if self.gene_file else None

    @cached_property
    def strangers(self) -> frozenset[str]:
        """Ids of models that were trained on another dataset than the one of the labels."""
        if self.dataset is None:
            return frozenset()
        known = {None, dataset_digest(self.dataset)}  # None: the sweep does not tell
        trained_on = {m.id: m.record["checkpoint"].get("dataset") for m in self.catalog.models}
        return frozenset(model for model, digest in trained_on.items() if digest not in known)

    @property
    def assembly(self) -> Assembly:
        """The chromosomes that can be shown."""
        return self.catalog.assembly

    def close(self) -> None:
        """Let go of the files."""
        self.pool.close()

    def bins(self, track_id: str, chrom: str, start: int, end: int, count: int) -> Bins:
        """A stretch of a track as bins (`regtrack.tracks.binning.bin_track`).

        Raises:
            TrackError: no such track, or its file was removed or damaged.
        """
        with self._borrowed(track_id) as raw:
            return bin_track(raw, chrom, start, end, count)

    def values(self, track_id: str, chrom: str, start: int, end: int) -> Values:
        """A stretch of a track base by base (`regtrack.tracks.binning.base_values`).

        Raises:
            TrackError: no such track, or its file was removed or damaged.
        """
        with self._borrowed(track_id) as raw:
            return base_values(raw, chrom, start, end)

    def scores(self, track_id: str, chrom: str, start: int, end: int) -> Values:
        """As `values`, but a track of logits is made one of scores."""
        values = self.values(track_id, chrom, start, end)
        if self.catalog.track(track_id).kind != "logits":
            return values
        with np.errstate(over="ignore"):  # of exp, which rightly ends in a score of 0
            return np.asarray(1 / (1 + np.exp(-values)), dtype=np.float32)

    @contextmanager
    def _borrowed(self, track_id: str) -> Iterator[RawBigWig]:
        track = self.catalog.track(track_id)
        with called(track.path, track.label), self.pool.borrow(track.path) as raw:
            yield raw


def open_sources(
    paths: Sequence[Path],
    *,
    labels: Path | None = None,
    genes: Path | None = None,
    checkpoints: Sequence[Path] = (),
    reference: Path | None = None,
) -> Sources:
    """Open everything that a page is to show.

    Args:
        paths: sweeps, folders of sweeps or bigWigs, and bigWigs.
        labels: a dataset, a markers table (.tsv), or one BED, which is set beside every marker.
        genes: a GTF.
        checkpoints: checkpoints of the sweeps, or the folders of runs that hold them, for saliency.
        reference: a FASTA, for the letters; by default the one that a sweep names, if it is there.

    Raises:
        RegtrackError: something is not there, cannot be read, or does not fit the others.
    """
    dataset, files = _read_labels(labels)
    known = dataset.markers if dataset else [file.marker for file in files]
    catalog = build_catalog([Path(path) for path in paths], known)
    bed = None
    if labels is not None and dataset is None and not files:
        bed = labels.resolve()
        if not catalog.markers:
            catalog = replace(catalog, markers=(bed_marker(bed),))
        files = tuple(MarkerFile(marker, bed) for marker in catalog.markers)
    if dataset:
        _check_same_assembly(catalog.assembly, dataset.assembly, f"the dataset {labels}")
    if genes is not None:
        check_genes(genes)
    fasta = _find_reference(catalog, reference)
    peaks = _open_peaks(files, bed, catalog.assembly) if files else None
    return Sources(
        catalog=catalog,
        pool=ReaderPool(),
        labels=DatasetLabels(dataset) if dataset else peaks,
        dataset=dataset,
        checkpoints=match_checkpoints(catalog.models, checkpoints),
        reference=fasta,
        letters=Letters(dataset, fasta),
        gene_file=None if genes is None else Later(lambda: _read_genes(genes)),
    )


def _read_labels(path: Path | None) -> tuple[Dataset | None, tuple[MarkerFile, ...]]:
    if path is None:
        return None, ()
    if path.is_dir():
        return Dataset.open(path.resolve()), ()
    if not path.is_file():
        raise MarkerError(f"no labels at {path}; expected a dataset, a markers table or a BED")
    if path.suffix.lower() == ".tsv":
        return None, read_markers(path.resolve())
    return None, ()


def _open_peaks(files: Sequence[MarkerFile], bed: Path | None, assembly: Assembly) -> PeakLabels:
    """Labels of peak files, the first of which is read, so that what is none is told at once."""
    peaks = PeakLabels(files, assembly)
    found = peaks.check(files[0].path)
    if bed is not None and not found:
        raise MarkerError(
            f"{bed} has no peak on the tracks, which have {assembly.summary()}; expected a "
            "dataset, a markers table (.tsv) or a BED"
        )
    return peaks


def _read_genes(path: Path) -> Genes:
    with called(path):
        return read_genes(path)


def _check_same_assembly(ours: Assembly, theirs: Assembly, what: str) -> None:
    shared = [(name, theirs.resolve(name)) for name in ours.names]
    pairs = [(name, other) for name, other in shared if other is not None]
    if not pairs:
        raise AssemblyError(
            f"{what} has {theirs.summary()} and the tracks have {ours.summary()}; they share no "
            "chromosome: take both from one assembly"
        )
    for name, other in pairs:
        if ours.length(name) != theirs.length(other):
            raise AssemblyError(
                f"{what} has {other} with {theirs.length(other):,} bp and the tracks have {name} "
                f"with {ours.length(name):,}; take both from one assembly"
            )


def _find_reference(catalog: Catalog, given: Path | None) -> Path | None:
    if given is not None:
        if not given.is_file():
            raise FastaError(f"no FASTA at {given}; expected a file (plain or bgzip)")
        return given.resolve()
    named = [model.record.get("reference", {}).get("path") for model in catalog.models]
    there = [Path(path) for path in named if path and Path(path).is_file()]
    return there[0].resolve() if there else None


def match_checkpoints(models: Sequence[ModelTracks], paths: Sequence[Path]) -> dict[str, Path]:
    """The checkpoint of each model, by the model's id: the one that made its sweep.

    Raises:
        CheckpointError: a checkpoint that cannot be read, or of none of the sweeps.
    """
    found: dict[str, Path] = {}
    for path in paths:
        file = path / "checkpoint.safetensors" if path.is_dir() else path
        header = read_header(file)
        with file.open("rb") as opened:
            sha256 = hashlib.file_digest(opened, "sha256").hexdigest()
        made = [model for model in models if _made_by(model) == sha256]
        if not made:
            made = _alike(models, header, file)
        found |= {model.id: file.resolve() for model in made}
    return found


def _made_by(model: ModelTracks) -> str | None:
    sha256 = model.record["checkpoint"].get("sha256")
    return None if sha256 is None else str(sha256)


def _alike(
    models: Sequence[ModelTracks], header: CheckpointHeader, file: Path
) -> list[ModelTracks]:
    """The one sweep that does not name its checkpoint and that this one could have made."""
    markers = {marker.name for marker in header.markers}
    alike = [
        model
        for model in models
        if _made_by(model) is None
        and model.architecture == header.model
        and {track.marker for track in model.tracks} <= markers
    ]
    if len(alike) != 1:
        raise CheckpointError(
            f"{file} made none of the sweeps that are shown (of {_names(models)}); name the "
            "checkpoint that did"
        )
    return alike


def _names(models: Sequence[ModelTracks]) -> str:
    return ", ".join(model.label for model in models) or "no model"
