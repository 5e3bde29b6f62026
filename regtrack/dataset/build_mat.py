"""Build a dataset from DeepSEA's published windows, in the same format as from a reference.

The windows of a file lie end to end on chromosomes of their own, named after the split. Only the
200 bp in the middle of each have labels, as one stretch per label that is 1.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt

from regtrack.atomic import publish_folder
from regtrack.dataset.array_file import ArrayFile
from regtrack.dataset.format import (
    ARRAY_FILES,
    BASE,
    CODES_FILE,
    HEADER_FILE,
    OFFSET,
    OFFSETS_FILE,
    ROW,
    ROWS_FILE,
    SPLITS,
    TILE,
    WINDOW,
    WINDOWS_FILE,
)
from regtrack.dataset.header import write_header
from regtrack.dataset.mat_files import LENGTH, Labels, open_mat
from regtrack.dataset.spec import DatasetSpec, SplitSpec
from regtrack.dataset.summary import BuildSummary
from regtrack.dataset.windows import Dropped
from regtrack.errors import DatasetError
from regtrack.files.source import sha256_of
from regtrack.genome.assembly import Assembly
from regtrack.labels.manifest import read_marker_names
from regtrack.labels.marker import Marker
from regtrack.labels.peaks import PeakCounts
from regtrack.progress import SILENT, Progress
from regtrack.version import __version__

_PER_CHROM = 1_000_000  # windows: a start takes 32 bits
_PER_TILE = TILE // LENGTH
_AT_ONCE = 200 * _PER_TILE  # windows
_SPEC = DatasetSpec.short(split=SplitSpec("given"))


def build_from_mat(
    mat: str | Path,
    markers: str | Path,
    out: str | Path,
    *,
    progress: Progress = SILENT,
    overwrite: bool = False,
) -> BuildSummary:
    """Write DeepSEA's windows as a dataset: one label per marker, for the middle 200 bp.

    Args:
        mat: folder with train.mat, valid.mat and test.mat, or some of them.
        markers: the markers table, a row per label in their order; its peak files are not needed.
        out: folder to write, created only on success.
        progress: shows the windows read.
        overwrite: replace `out` if it exists.

    Raises:
        OutputError: `out` exists, or cannot be written.
        MarkerError: no markers table.
        DatasetError: no such file, other contents, or as many labels as the table has no rows.
    """
    named = read_marker_names(Path(markers))
    files = {split: Path(mat) / f"{split}.mat" for split in SPLITS}
    files = {split: path for split, path in files.items() if path.exists()}
    if not files:
        raise DatasetError(
            f"{mat} holds none of train.mat, valid.mat and test.mat; name their folder"
        )
    inputs = [*files.values(), markers]
    with publish_folder(Path(out), mark=HEADER_FILE, inputs=inputs, overwrite=overwrite) as folder:
        with _Arrays(folder, len(named)) as arrays:
            for split, path in files.items():
                with open_mat(path, split) as windows:
                    if windows.markers != len(named):
                        raise DatasetError(
                            f"{path} has {windows.markers:,} labels per window, and `markers` "
                            f"{len(named):,} rows; expected a row for each, in their order"
                        )
                    with progress.task(f"Reading {path.name}", windows.count, "windows") as task:
                        for start in range(0, windows.count, _AT_ONCE):
                            stop = min(start + _AT_ONCE, windows.count)
                            arrays.add(split, start, *windows.read(start, stop))
                            task.advance(stop - start)
        summary = arrays.summary(folder, named)
        sources = {split: {"path": str(path), "sha256": sha256_of(path)}
                   for split, path in files.items()}  # fmt: skip
        table = {"path": str(markers), "sha256": sha256_of(Path(markers))}
        write_header(folder, {
            "spec": _SPEC.to_dict(),
            "assembly": {"names": arrays.assembly.names, "lengths": arrays.assembly.lengths},
            "markers": [marker.to_dict() for marker in named],
            "summary": summary.to_dict(),
            "provenance": {"regtrack": __version__, "markers": table, "mat": sources},
        })  # fmt: skip
    return summary


class _Arrays:
    """The arrays of a dataset, written as windows come; a context manager."""

    def __init__(self, folder: Path, markers: int) -> None:
        self._files = [
            ArrayFile(folder / name, dtype)
            for name, dtype in (
                (CODES_FILE, BASE),
                (WINDOWS_FILE, WINDOW),
                (ROWS_FILE, ROW),
                (OFFSETS_FILE, OFFSET),
            )
        ]
        self._files[3].append(np.zeros(1, OFFSET))
        self._rows = 0
        self._lengths: dict[str, int] = {}
        self._positives = np.zeros(markers, dtype=np.int64)
        self._counts = dict.fromkeys(SPLITS, 0)

    def __enter__(self) -> _Arrays:
        return self

    def __exit__(self, *_: object) -> None:
        for file in self._files:
            file.close()

    @property
    def assembly(self) -> Assembly:
        """The chromosomes on which the windows lie."""
        return Assembly(tuple(self._lengths), tuple(self._lengths.values()))

    def add(self, split: str, first: int, codes: npt.NDArray[np.uint8], labels: Labels) -> None:
        """Add windows of a split, from window `first` of it: codes, uint8 (n, 1000), and labels."""
        chrom = split if first < _PER_CHROM else f"{split}.{first // _PER_CHROM + 1}"
        self._lengths[chrom] = self._lengths.get(chrom, 0) + codes.size
        windows = np.empty(len(codes), dtype=WINDOW)
        windows["chrom"] = len(self._lengths) - 1
        windows["start"] = (first % _PER_CHROM + np.arange(len(codes))) * LENGTH
        windows["split"] = SPLITS.index(split)
        of_codes, of_windows, of_rows, of_offsets = self._files
        of_codes.append(codes.ravel())
        of_windows.append(windows)
        window, marker = np.nonzero(labels)
        tile, place = window // _PER_TILE, window % _PER_TILE * LENGTH + _SPEC.crop
        order = np.lexsort((place, marker, tile))
        rows = np.empty(len(order), dtype=ROW)
        rows["marker"], rows["start"] = marker[order], place[order]
        rows["end"] = rows["start"] + _SPEC.bin
        of_rows.append(rows)
        tiles = -(-len(codes) // _PER_TILE)
        of_offsets.append(self._rows + np.cumsum(np.bincount(tile, minlength=tiles)))
        self._rows += len(rows)
        self._positives += labels.sum(0)
        self._counts[split] += len(codes)

    def summary(self, folder: Path, markers: Sequence[Marker]) -> BuildSummary:
        """What was written."""
        total = sum(self._counts.values())
        return BuildSummary(
            chroms=len(self._lengths),
            window=LENGTH,
            labels=_SPEC.labels,
            kept=total,
            dropped=Dropped(),
            splits=self._counts,
            markers=tuple(markers),
            coverage=tuple((self._positives / total).tolist()),
            peaks=PeakCounts(),
            unlabelled=tuple(
                marker.name
                for marker, count in zip(markers, self._positives, strict=True)
                if not count
            ),
            bytes=sum((folder / name).stat().st_size for name in ARRAY_FILES),
        )
