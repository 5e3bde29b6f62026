"""Write the bigBeds of a hub: labels, genes, variants and calls."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from regtrack.compare.labels import LabelSource
from regtrack.compare.sources import Sources
from regtrack.errors import MarkerError, PeakFileError
from regtrack.genome.assembly import Assembly
from regtrack.hub.gene_items import write_genes
from regtrack.hub.items import ItemTrack, Kind
from regtrack.hub.rows import Rows, read_rows
from regtrack.hub.track_db import TrackNames
from regtrack.progress import SILENT, Progress
from regtrack.tracks.bigbed.form import LABEL_FORM
from regtrack.tracks.bigbed.write import create_bigbed
from regtrack.tracks.build_catalog import track_markers
from regtrack.tracks.catalog import Catalog

_ENDINGS = re.compile(r"(\.(bed|narrowPeak|vcf))?(\.gz|\.bgz)?$", re.IGNORECASE)
_CALLS = re.compile(r"\.(bed|narrowPeak)(\.gz)?$", re.IGNORECASE)
ITEM_FOLDER = "hub-items"
"""The folder of the bigBeds, next to hub.txt."""
ITEM_LIST = "items.tsv"
"""The file that tells such a folder from others; it lists the bigBeds."""


@dataclass(frozen=True)
class ItemFiles:
    """Files of items that a hub is given.

    Attributes:
        variants: VCF or BED.
        calls: narrowPeak or BED, or folders with such files.
    """

    variants: Sequence[Path] = ()
    calls: Sequence[Path] = ()

    def read(self, assembly: Assembly) -> list[tuple[Kind, Path, Rows]]:
        """All of them.

        Raises:
            PeakFileError: one cannot be read, or has nothing on the assembly.
            AssemblyError: two names of a file are one chromosome.
        """
        kinds: tuple[tuple[Kind, Sequence[Path]], ...] = (
            ("variants", self.variants),
            ("calls", [file for path in self.calls for file in _below(path)]),
        )
        found = [(kind, path, read_rows(path, assembly)) for kind, paths in kinds for path in paths]
        for kind, path, rows in found:
            if kind == "calls" and rows.form.table == "variants":
                raise PeakFileError(f"{path} is a VCF; expected calls as narrowPeak or BED")
        return found


def make_items(
    folder: Path,
    sources: Sources,
    files: Sequence[tuple[Kind, Path, Rows]] = (),
    progress: Progress = SILENT,
) -> tuple[ItemTrack, ...]:
    """Write every set of items of a hub to a folder.

    Args:
        folder: an empty folder.
        sources: the tracks, with labels and genes if they are to be there.
        files: variants and calls, as read.
        progress: shows the files written.

    Raises:
        MarkerError: the labels have no marker of the tracks.
        PeakFileError: labels that cannot be read.
        RegtrackError: genes that cannot be read, or are of another assembly.
    """
    names = TrackNames()
    labelled = labelled_markers(sources)
    genes = sources.wait_for_genes()
    total = len(labelled) + len(files) + (genes is not None)
    made: list[ItemTrack] = []
    with progress.task("Writing bigBeds", total, "files") as task:
        if genes is not None:
            made.append(write_genes(folder / "genes.bb", sources.assembly, genes))
            task.advance(1)
        for marker in labelled:
            made.append(_write_labels(folder, names, sources, marker))
            task.advance(1)
        for given in files:
            made.append(_write_rows(folder, names, sources, given))
            task.advance(1)
    (folder / ITEM_LIST).write_text(
        "file\tkind\tmarker\titems\n"
        + "".join(f"{one.path.name}\t{one.kind}\t{one.marker or ''}\t{one.count}\n" for one in made)
    )
    return tuple(made)


def moved(items: Iterable[ItemTrack], folder: Path) -> tuple[ItemTrack, ...]:
    """The same items in another folder."""
    return tuple(replace(one, path=folder / one.path.name) for one in items)


def _below(path: Path) -> list[Path]:
    """The files of calls at a path.

    Raises:
        PeakFileError: a folder without any.
    """
    if not path.is_dir():
        return [path]
    found = sorted(file for file in path.iterdir() if _CALLS.search(file.name))
    if not found:
        raise PeakFileError(f"{path} has no file of calls; expected .narrowPeak or .bed files")
    return found


def labelled_markers(sources: Sources) -> list[str]:
    """The markers whose labels are written: those of tracks, in the order of the catalog.

    Raises:
        MarkerError: there are labels, and none of a marker of the tracks.
    """
    labels = sources.labels
    if labels is None:
        return []
    known = {marker.name for marker in labels.markers}
    drawn = {track.marker for track in sources.catalog.tracks} - {None}
    found = [one.name for one in track_markers(sources.catalog) if one.name in drawn & known]
    if drawn and not found:
        raise MarkerError(
            f"the labels have no marker of the tracks, such as {sorted(map(str, drawn))[0]}; use "
            "labels of the markers that were predicted"
        )
    return found or [marker.name for marker in labels.markers[:1]]


def _write_labels(folder: Path, names: TrackNames, sources: Sources, marker: str) -> ItemTrack:
    """The labelled stretches of a marker, each with the marker's name."""
    source: LabelSource | None = sources.labels
    assert source is not None
    ident = names.free(f"labels {marker}")
    path = folder / f"{ident}.bb"
    with create_bigbed(path, sources.assembly, LABEL_FORM) as file:
        for chrom in file.chroms:
            found = source.stretches(marker, chrom, 0, sources.assembly.length(chrom))
            file.write(chrom, found.starts, found.ends, [marker] * len(found))
    return ItemTrack(
        ident, path, f"{marker} labels", f"{marker} labels", "labels", LABEL_FORM, file.items,
        marker,
    )  # fmt: skip


def _write_rows(
    folder: Path, names: TrackNames, sources: Sources, given: tuple[Kind, Path, Rows]
) -> ItemTrack:
    kind, path, rows = given
    stem = _ENDINGS.sub("", path.name)
    ident = names.free(f"{kind} {stem}")
    marker, colour = _maker(sources.catalog, stem) if kind == "calls" else (None, "")
    to = folder / f"{ident}.bb"
    with create_bigbed(to, sources.assembly, rows.form) as file:
        for chrom in file.chroms:
            starts, ends, *columns = (
                zip(*rows.by_chrom[chrom], strict=True)
                if chrom in rows.by_chrom
                else [()] * (2 + len(rows.form.columns))
            )
            file.write(chrom, starts, ends, *columns)
    label = f"{stem} {kind}" if kind == "calls" else stem
    return ItemTrack(ident, to, label, label, kind, rows.form, file.items, marker, colour)


def _maker(catalog: Catalog, stem: str) -> tuple[str | None, str]:
    """The marker and the colour of calls, found by the name of their file: that of their track."""
    for track in catalog.tracks:
        if track.model is not None and stem in {track.path.stem, track.id, track.marker}:
            alone = stem == track.marker and len(catalog.models) > 1
            return track.marker, "" if alone or track.style is None else track.style.light
    return None, ""
