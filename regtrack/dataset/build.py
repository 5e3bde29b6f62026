"""Build a dataset from a FASTA and peak files, one chromosome and one marker at a time."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from regtrack.atomic import publish_folder
from regtrack.dataset.array_file import ArrayFile
from regtrack.dataset.codes import Kept, write_codes
from regtrack.dataset.format import (
    ARRAY_FILES,
    HEADER_FILE,
    SPLITS,
    WINDOW,
    WINDOWS_FILE,
)
from regtrack.dataset.header import write_header
from regtrack.dataset.labelling import LabelledMarker, covered_by, write_labels
from regtrack.dataset.masks import MaskFiles
from regtrack.dataset.spec import DatasetSpec
from regtrack.dataset.split import (
    Splits,
    assign_splits,
    check_filled,
    check_split,
    share_bases,
)
from regtrack.dataset.summary import BuildSummary
from regtrack.files.source import sha256_of
from regtrack.genome.inputs import Inputs
from regtrack.genome.reference import Reference
from regtrack.labels.manifest import read_markers
from regtrack.labels.peaks import PeakCounts, read_peaks
from regtrack.progress import SILENT, Progress
from regtrack.version import __version__

_log = logging.getLogger(__name__)

_PathLike = str | Path


def build_dataset(
    reference: _PathLike,
    markers: _PathLike,
    out: _PathLike,
    *,
    spec: DatasetSpec | None = None,
    exclude: _PathLike | None = None,
    multimap: _PathLike | None = None,
    multimap_threshold: float | None = None,
    peaks_folder: _PathLike | None = None,
    progress: Progress = SILENT,
    overwrite: bool = False,
) -> BuildSummary:
    """Label an assembly: write windows with their split and the peaks of all markers to a folder.

    Memory holds the codes of one chromosome, one peak file, and 10 bytes per labelled stretch.

    Args:
        reference: the FASTA.
        markers: the markers table (see `regtrack.labels.manifest.read_markers`).
        out: folder to write, created only on success.
        spec: windows and split; default: the paper's.
        exclude: BED of bases that count as N when windows are dropped.
        multimap: bases where reads map to several places: a BED, or a mappability bigWig.
        multimap_threshold: a base of that bigWig with a lower value is multi-mapped; default: 1.
        peaks_folder: folder of the peak files; default: the folder of the table.
        progress: shows the bases and files read.
        overwrite: replace `out` if it exists.

    Raises:
        OutputError: `out` exists, or cannot be written.
        FastaError, AssemblyError, MarkerError, PeakFileError: bad input.
        ChangedError: an input was changed meanwhile.
        DatasetError: no windows or labels are left, or a split is empty.
    """
    spec = spec or DatasetSpec()
    masked = MaskFiles(_path(exclude), _path(multimap), multimap_threshold)
    sources = {
        "reference": reference, "markers": markers, "exclude": exclude, "multimap": multimap
    }  # fmt: skip
    table = Inputs.at([markers])
    files = read_markers(Path(markers), _path(peaks_folder))
    inputs = (*sources.values(), *(file.path for file in files))
    stamps = Inputs.at(inputs)
    with publish_folder(Path(out), mark=HEADER_FILE, inputs=inputs, overwrite=overwrite) as folder:
        with Reference(reference) as fasta:
            spec = spec.on(fasta.assembly)
            usable = fasta.assembly.subset(spec.chroms) if spec.chroms else fasta.assembly
            check_split(spec, usable)
            # the first file shows whether peaks are for another assembly: check before reading
            # sequence
            first = read_peaks(files[0].path, fasta.assembly)
            masks = masked.read(fasta.assembly, usable)
            needed = covered_by(files, spec.needs, fasta.assembly, progress) if spec.needs else None
            kept = write_codes(
                fasta, usable, spec, masks, needed=needed, folder=folder, progress=progress
            )
            kept, splits = _write_windows(kept, spec, folder)
            labelled = write_labels(
                files, fasta.assembly, kept, first=first, folder=folder, progress=progress
            )
        summary = _summarize(folder, kept, splits, labelled)
        _note_purpose(summary)
        write_header(
            folder, _header(spec, kept, labelled, summary, sources, threshold=masked.least)
        )
        table.check_unchanged()
        stamps.check_unchanged()
    return summary


def _write_windows(kept: Kept, spec: DatasetSpec, folder: Path) -> tuple[Kept, Splits]:
    """Write the windows that share no base with another split, and return them."""
    windows = np.empty(kept.count, dtype=WINDOW)
    counts = [len(starts) for starts in kept.starts]
    windows["chrom"] = np.repeat(np.arange(len(counts)), counts)
    starts = np.concatenate(kept.starts)
    windows["start"] = starts
    splits = assign_splits(windows["chrom"], starts + spec.crop, kept.assembly, spec)
    windows["split"] = splits
    lost = share_bases(windows["chrom"], starts, splits, spec.window)
    windows = windows[~lost]
    check_filled(windows["split"], kept.assembly, spec)
    with ArrayFile(folder / WINDOWS_FILE, WINDOW) as file:
        file.append(windows)
    return kept.without(np.split(lost, np.cumsum(counts)[:-1])), windows["split"]


def _summarize(
    folder: Path, kept: Kept, splits: Splits, labelled: Sequence[LabelledMarker]
) -> BuildSummary:
    per_split = np.bincount(splits, minlength=len(SPLITS)).tolist()
    return BuildSummary(
        chroms=len(kept.assembly.names),
        window=kept.spec.window,
        labels=kept.spec.labels,
        kept=kept.count,
        dropped=kept.dropped,
        splits=dict(zip(SPLITS, per_split, strict=True)),
        markers=tuple(found.marker for found in labelled),
        coverage=tuple(found.positives / (kept.count * kept.spec.labels) for found in labelled),
        peaks=sum((found.counts for found in labelled), PeakCounts()),
        unlabelled=tuple(found.marker.name for found in labelled if not found.labelled),
        bytes=sum((folder / name).stat().st_size for name in ARRAY_FILES),
    )


def _note_purpose(summary: BuildSummary) -> None:
    if not summary.trainable:
        _log.warning(
            "a split has no windows, as requested (%s); training needs train and valid, evaluation "
            "the split that is scored",
            ", ".join(f"{split} {count:,}" for split, count in summary.splits.items()),
        )


def _header(
    spec: DatasetSpec,
    kept: Kept,
    labelled: Sequence[LabelledMarker],
    summary: BuildSummary,
    sources: Mapping[str, _PathLike | None],
    *,
    threshold: float | None,
) -> dict[str, Any]:
    return {
        "spec": spec.to_dict(),
        "assembly": {"names": kept.assembly.names, "lengths": kept.assembly.lengths},
        "markers": [found.marker.to_dict() for found in labelled],
        "summary": summary.to_dict(),
        "provenance": {
            "regtrack": __version__,
            **{name: _source(path) for name, path in sources.items()},
            **({} if threshold is None else {"multimap_threshold": threshold}),
            "peaks": [found.source() for found in labelled],
        },
    }


def _path(given: _PathLike | None) -> Path | None:
    return None if given is None else Path(given)


def _source(path: _PathLike | None) -> dict[str, str] | None:
    if path is None:
        return None
    return {"path": str(path), "sha256": sha256_of(Path(path))}
