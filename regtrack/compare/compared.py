"""What `compare_tracks` is given: bigWigs, sweeps and labels of any kind, by name."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from regtrack.compare.labels import DatasetLabels, LabelSource, PeakLabels, bed_marker
from regtrack.dataset.format import HEADER_FILE
from regtrack.dataset.store import Dataset
from regtrack.errors import AssemblyError, MarkerError, RegtrackError, TrackError
from regtrack.genome.agreement import compare_assemblies
from regtrack.genome.assembly import Assembly
from regtrack.genome.intervals import Intervals
from regtrack.labels.manifest import MarkerFile, read_markers
from regtrack.labels.marker import Marker, select_markers
from regtrack.name_lists import split_names
from regtrack.tracks.bigwig.raw import RawBigWig
from regtrack.tracks.build_catalog import build_catalog, is_bigwig, track_markers
from regtrack.tracks.catalog import Catalog

_MOST = 200  # tracks and labels at once


@dataclass(frozen=True, eq=False)
class Signal:
    """A bigWig that is compared."""

    name: str
    raw: RawBigWig


@dataclass(frozen=True, eq=False)
class Labels:
    """Labels that tracks are compared with: those of one marker."""

    name: str
    source: LabelSource
    marker: str

    def stretches(self, chrom: str, start: int, end: int) -> Intervals:
        """The labelled bases within [start, end) (bp)."""
        return self.source.stretches(self.marker, chrom, start, end)


@dataclass(frozen=True, eq=False)
class Compared:
    """Tracks and labels of one assembly.

    Attributes:
        signals: at least one.
        labels: none, or some; two inputs in all, at least.
        assembly: the chromosomes that all tracks have.
    """

    signals: tuple[Signal, ...]
    labels: tuple[Labels, ...]
    assembly: Assembly

    @property
    def names(self) -> tuple[str, ...]:
        """Of the signals, then of the labels."""
        return (*(one.name for one in self.signals), *(one.name for one in self.labels))


@contextmanager
def open_compared(
    paths: Sequence[str | Path], *, markers: Sequence[str] = (), names: Sequence[str] = ()
) -> Iterator[Compared]:
    """Open tracks and labels, and check that they can be compared.

    Args:
        paths: bigWigs, sweeps or folders of bigWigs, and labels: peak files, BED, a markers table
            (.tsv) or a dataset.
        markers: of sweeps, markers tables and datasets, names or globs; default: all.
        names: of all tracks and labels, in their order; default: those of the files.

    Raises:
        RegtrackError: a file is missing, cannot be read or is of another assembly, fewer than two
            inputs, two of one name, or `markers` that match nothing, or of inputs without any.
    """
    places = [Path(path) for path in paths]
    tracks, labels = _collect(places, markers)
    found = [one[0] for one in tracks] + [one[0] for one in labels]
    files = [str(path) for _, path in tracks] + [one[0] for one in labels]
    given = _checked_names(found, files, names)
    with ExitStack() as opened:
        signals = []
        for name, (_, path) in zip(given, tracks, strict=False):
            raw = opened.enter_context(RawBigWig(path))
            raw.check_whole()
            signals.append(Signal(name, raw))
        if not signals:
            raise TrackError("found labels alone; expected at least one bigWig to compare")
        assembly = _common(signals)
        labelled = tuple(
            Labels(name, _source(kind, marker, assembly), marker)
            for name, (_, kind, marker) in zip(given[len(tracks) :], labels, strict=True)
        )
        yield Compared(tuple(signals), labelled, assembly)


def _collect(
    places: Sequence[Path], markers: Sequence[str]
) -> tuple[list[tuple[str, Path]], list[tuple[str, Dataset | MarkerFile, str]]]:
    """The tracks and the labels at paths, of the markers asked for.

    Raises:
        MarkerError: `markers` that match nothing, or that no input has.
    """
    tracks: list[tuple[str, Path]] = []
    labels: list[tuple[str, Dataset | MarkerFile, str]] = []
    known = False
    for path in places:
        if _is_tracks(path):
            catalog = build_catalog([path])
            known |= bool(track_markers(catalog))
            tracks += _tracks_of(catalog, markers)
        else:
            known |= _has_markers(path)
            labels += _labels_of(path, markers)
    if markers and not known:
        raise MarkerError(
            "`markers` chooses among those of sweeps, markers tables and datasets, and none of "
            "these is given; omit `markers`"
        )
    return tracks, labels


def _is_tracks(path: Path) -> bool:
    if path.is_dir():
        return not (path / HEADER_FILE).is_file()
    return is_bigwig(path) or not path.exists()


def _tracks_of(catalog: Catalog, markers: Sequence[str]) -> list[tuple[str, Path]]:
    chosen, known = None, track_markers(catalog)
    if markers and known:
        chosen = {known[row].name for row in select_markers(known, markers)}
    return [
        (track.path.stem, track.path)
        for track in catalog.tracks
        if chosen is None or track.marker is None or track.marker in chosen
    ]


def _has_markers(path: Path) -> bool:
    """Whether labels are of markers by name: a dataset or a markers table, and no peak file."""
    return path.is_dir() or path.suffix.lower() == ".tsv"


def _labels_of(path: Path, markers: Sequence[str]) -> list[tuple[str, Dataset | MarkerFile, str]]:
    if path.is_dir():
        dataset = Dataset.open(path.resolve())
        rows = select_markers(dataset.markers, markers)
        return [(dataset.markers[row].name, dataset, dataset.markers[row].name) for row in rows]
    if path.suffix.lower() == ".tsv":
        files = read_markers(path.resolve())
        rows = select_markers([file.marker for file in files], markers)
        return [(files[row].marker.name, files[row], files[row].marker.name) for row in rows]
    marker: Marker = bed_marker(path)
    return [(marker.name, MarkerFile(marker, path.resolve()), marker.name)]


def _checked_names(found: list[str], files: list[str], given: Sequence[str]) -> list[str]:
    """The names of all inputs, which differ.

    Raises:
        TrackError: too few inputs or too many, another number of names, or two of one name.
    """
    if len(found) < 2:
        raise TrackError(
            f"found {len(found)} track or set of labels; expected at least two to compare"
        )
    if len(found) > _MOST:
        raise TrackError(
            f"found {len(found)} tracks and labels; expected at most {_MOST}: choose `markers`"
        )
    names = list(split_names(given, ())) or found
    if len(names) != len(found):
        raise TrackError(
            f"`names` has {len(names)} names for {len(found)} tracks and labels; expected one each"
        )
    for at, name in enumerate(names):
        if name in names[:at]:
            other = files[names.index(name)]
            raise TrackError(
                f'{other} and {files[at]} are both called "{name}"; give each a name by `names`'
            )
    return names


def _source(kind: Dataset | MarkerFile, marker: str, assembly: Assembly) -> LabelSource:
    if isinstance(kind, Dataset):
        found = compare_assemblies(assembly, kind.assembly)
        if not found.same:
            difference = found.difference("the tracks", f"the dataset {kind.path}")
            raise AssemblyError(f"{difference}; use tracks and labels of the same assembly")
        return DatasetLabels(kind)
    peaks = PeakLabels([kind], assembly)
    if not peaks.check(kind.path):
        raise AssemblyError(
            f"{kind.path} has no peak of {marker} on the tracks, which have {assembly.summary()}; "
            "use tracks and labels of the same assembly"
        )
    return peaks


def _common(signals: Sequence[Signal]) -> Assembly:
    """The chromosomes that all tracks have, under the first one's names.

    Raises:
        AssemblyError: a chromosome has another length in another track, or they share none.
    """
    first = signals[0].raw
    ours = first.assembly
    kept = set(ours.names)
    for signal in signals[1:]:
        theirs = signal.raw.assembly
        found = compare_assemblies(ours, theirs)
        if found.mismatches or not found.shared:
            difference = found.difference(str(first.source.path), str(signal.raw.source.path))
            raise AssemblyError(f"{difference}; compare tracks of the same assembly")
        kept -= set(found.only_ours)
    names = tuple(name for name in ours.names if name in kept)
    if not names:
        raise RegtrackError(
            "the tracks have no chromosome in common; compare tracks of one assembly"
        )
    return Assembly(names, tuple(ours.length(name) for name in names))
