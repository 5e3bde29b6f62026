"""Open tracks of models and their labels, in one value from which every comparison reads."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

import numpy as np
import numpy.typing as npt

from regtrack.closing import Closing
from regtrack.compare.annotations import Annotation
from regtrack.compare.background import Later
from regtrack.compare.bounded_cache import BoundedCache
from regtrack.compare.checkpoints import Maker, trained_elsewhere
from regtrack.compare.inputs import Inputs
from regtrack.compare.labels import LabelSource
from regtrack.compare.naming import called
from regtrack.compare.sequence import Letters
from regtrack.dataset.store import Dataset
from regtrack.errors import DatasetError, RegtrackError, TrackError
from regtrack.genome.assembly import Assembly
from regtrack.genome.interval import Interval
from regtrack.genome.intervals import Intervals, Positions
from regtrack.tracks.bigwig.bins import Values
from regtrack.tracks.bigwig.raw import RawBigWig
from regtrack.tracks.binning import Bins, bin_track, values_of_places
from regtrack.tracks.catalog import Catalog
from regtrack.tracks.genes import Genes
from regtrack.tracks.pool import ReaderPool
from regtrack.tracks.summaries import Grid, Summaries, summarise_tracks

_CHROMS = 64 << 20  # bytes of the chromosomes of files in the assembly's order


@dataclass(frozen=True, eq=False)
class Sources(Closing):
    """Tracks of models, and the labels and files they are compared with.

    `open_sources` makes one. It is a context manager, and safe to use from several threads.

    Attributes:
        catalog: the tracks, models and markers, by id.
        pool: the open bigWigs.
        labels: labels of markers; None if none were given.
        dataset: the dataset, if the labels are from one; it also has the split and the sequence.
        checkpoints: the checkpoint files and networks that were given, by the model's id.
        reference: the FASTA; None if none was given and the sweeps name none that exists.
        letters: the sequence.
        gene_file: the genes, which are read in the background; None if none were given.
        annotations: BED, peak and VCF files that can be shown.
        inputs: the files, as they were named; None if they were opened in another way.
    """

    catalog: Catalog
    pool: ReaderPool
    labels: LabelSource | None = None
    dataset: Dataset | None = None
    checkpoints: Mapping[str, Maker] = field(default_factory=dict)
    reference: Path | None = None
    letters: Letters = field(default_factory=lambda: Letters(None, None))
    gene_file: Later[Genes] | None = None
    annotations: tuple[Annotation, ...] = ()
    inputs: Inputs | None = None
    _chroms: BoundedCache[tuple[Positions, Positions]] = field(
        default_factory=lambda: BoundedCache(_CHROMS, _bytes), init=False
    )

    @property
    def genes(self) -> Genes | None:
        """The genes; None if none were given, or while they are being read."""
        return self.gene_file.value if self.gene_file else None

    def wait_for_genes(self) -> Genes | None:
        """The genes, once they are read; None if none were given.

        Raises:
            RegtrackError: they cannot be read.
        """
        if self.gene_file is None:
            return None
        found = self.gene_file.wait()
        if found is None:
            raise RegtrackError(self.gene_file.error or "the genes cannot be read")
        return found

    @cached_property
    def trained_elsewhere(self) -> frozenset[str]:
        """Ids of the sweeps whose models were trained on another dataset than that of the labels.

        Sweeps of saliency and signals have such models too. Empty if the labels are not from a
        dataset.
        """
        if self.dataset is None:
            return frozenset()
        return trained_elsewhere((*self.catalog.models, *self.catalog.other_sweeps), self.dataset)

    @property
    def assembly(self) -> Assembly:
        """The chromosomes of the tracks."""
        return self.catalog.assembly

    def close(self) -> None:
        """Close the files."""
        self.pool.close()

    def annotation(self, name: str) -> Annotation:
        """The file of places with an id.

        Raises:
            TrackError: there is none.
        """
        for file in self.annotations:
            if file.id == name:
                return file
        raise TrackError(f'no file of places has the id "{name[:60]}"')

    def has_labels(self, marker: str) -> bool:
        """Whether a marker, given by name, has labels."""
        labels = self.labels
        return labels is not None and any(known.name == marker for known in labels.markers)

    def labelled(self, marker: str, chrom: str, start: int, end: int) -> Intervals:
        """The labelled bases of a marker within [start, end) (bp).

        Raises:
            DatasetError: there are no labels.
            MarkerError: the labels lack the marker.
            PeakFileError: its peak file cannot be read.
        """
        if self.labels is None:
            raise DatasetError(
                f'there are no labels of "{marker[:60]}"; open the tracks with labels'
            )
        return self.labels.stretches(marker, chrom, start, end)

    def bins(self, track_id: str, chrom: str, start: int, end: int, count: int) -> Bins:
        """A region of a track in bins of equal width (`regtrack.tracks.binning.bin_track`).

        Args:
            track_id: the track's id in the catalog.
            chrom: the chromosome.
            start: first base (bp).
            end: one past the last base (bp).
            count: number of bins.

        Raises:
            TrackError: no such track, or its file was removed or is damaged.
        """
        with self._borrowed(track_id) as raw:
            return bin_track(raw, chrom, start, end, count)

    def summaries(
        self, track_ids: Sequence[str | None], grid: Grid, *, wider: bool = False
    ) -> Summaries:
        """Means and maxima of several tracks (`regtrack.tracks.summaries.summarise_tracks`).

        Args:
            track_ids: the tracks' ids; None: no such track, or one that cannot be read.
            grid: the columns.
            wider: also those beside them that cost little.
        """
        tracks = self.catalog.track
        paths = [None if name is None else tracks(name).path for name in track_ids]
        with self.pool.borrow_all(paths) as raws:
            return summarise_tracks(raws, grid, wider=wider)

    def chroms_with_values(self, track_id: str) -> npt.NDArray[np.bool_]:
        """On which chromosomes of the assembly a track may have values, bool (chromosomes,).

        Only the index of its coarsest zoom level is read, or that of its data without one.

        Raises:
            TrackError: no such track, or its file was removed or is damaged.
        """
        with self._borrowed(track_id) as raw:
            levels = raw.header.zooms
            coarsest = max(levels, key=lambda level: level.reduction, default=None)
            leaves = raw.index if coarsest is None else raw.zoom_index(coarsest)
            count = max((chrom.number for chrom in raw.chroms), default=-1) + 1
            firsts = np.minimum(leaves["first_chrom"].astype(np.int64), count)
            lasts = np.minimum(leaves["last_chrom"].astype(np.int64), count - 1)
            # a block may span several chromosomes; their numbers begin at 0
            edges = np.bincount(firsts, minlength=count + 1)
            edges = edges - np.bincount(lasts + 1, minlength=count + 1)
            there = np.cumsum(edges)[:count] > 0
            numbers, indices = self._chroms.get(raw.assembly.digest, lambda: self._places(raw))
        found = np.zeros(len(self.assembly.names), dtype=np.bool_)
        found[indices] = there[numbers]
        return found

    def _places(self, raw: RawBigWig) -> tuple[Positions, Positions]:
        """A file's numbers of the assembly's chromosomes, and their indices there, int64 (n,)."""
        known = self.assembly.number_of
        pairs = [
            (chrom.number, known[name])
            for chrom in raw.chroms
            if (name := self.assembly.resolve(chrom.name)) is not None
        ]
        numbers, indices = np.array(pairs, dtype=np.int64).reshape(-1, 2).T
        return numbers, indices

    def values(self, track_id: str, chrom: str, start: int, end: int) -> Values:
        """A region of a track at every base, float32 (end - start,), NaN if absent.

        Raises:
            TrackError: no such track, or its file was removed or is damaged.
        """
        return self.values_of(track_id, [Interval(chrom, start, end)])

    def values_of(self, track_id: str, places: Sequence[Interval]) -> Values:
        """Every base of some places that do not overlap, one place after another.

        Returns:
            float32 (sum of the lengths,), NaN if absent.

        Raises:
            TrackError: no such track, or its file was removed or is damaged.
        """
        with self._borrowed(track_id) as raw:
            return values_of_places(raw, places)

    def scores(self, track_id: str, chrom: str, start: int, end: int) -> Values:
        """As `values`, float32 (end - start,), but with logits turned into scores."""
        return self.scores_of(track_id, [Interval(chrom, start, end)])

    def scores_of(self, track_id: str, places: Sequence[Interval]) -> Values:
        """As `values_of`, float32 (sum of the lengths,), but with logits turned into scores."""
        values = self.values_of(track_id, places)
        if self.catalog.track(track_id).kind != "logits":
            return values
        with np.errstate(over="ignore"):  # exp overflows to a score of 0
            return np.asarray(1 / (1 + np.exp(-values)), dtype=np.float32)

    @contextmanager
    def _borrowed(self, track_id: str) -> Iterator[RawBigWig]:
        track = self.catalog.track(track_id)
        with called(track.path, track.label), self.pool.borrow(track.path) as raw:
            yield raw


def _bytes(pair: tuple[Positions, Positions]) -> int:
    return sum(part.nbytes for part in pair)
