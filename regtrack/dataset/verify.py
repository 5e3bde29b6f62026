"""Check a whole dataset, and name everything that is wrong with it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from regtrack.dataset.checksums import CheckedArray
from regtrack.dataset.format import DTYPES
from regtrack.dataset.header import DatasetHeader, read_header
from regtrack.dataset.store import Dataset
from regtrack.errors import DatasetError, RecordError
from regtrack.progress import SILENT, Progress

_SHOWN = 10  # damaged blocks of an array that are named


def verify_dataset(folder: Path, progress: Progress = SILENT) -> Iterator[tuple[str, str]]:
    """The part, and what is wrong with it, for each problem of a dataset; nothing if it is sound.

    Args:
        folder: the dataset.
        progress: shows the blocks checked.
    """
    try:
        header = read_header(folder)
    except DatasetError as error:
        yield "dataset.json", str(error)
        return
    arrays, sound = {}, True
    for name in DTYPES:
        try:
            arrays[name] = CheckedArray(folder / name, DTYPES[name], header.files[name])
        except RecordError as error:
            sound = False
            yield name, str(error)
    with progress.task("Checking", sum(one.blocks for one in arrays.values()), "blocks") as task:
        for name, array in arrays.items():
            damaged = 0
            for problem in array.problems():
                task.advance(note=name)
                damaged += problem is not None
                if problem and damaged <= _SHOWN:
                    yield name, problem
            if damaged > _SHOWN:
                yield name, f"{damaged - _SHOWN:,} more of its {array.blocks:,} blocks"
            sound = sound and not damaged
    if sound:  # else the rest would only say the same again
        yield from _impossible(folder, header)


def _impossible(folder: Path, header: DatasetHeader) -> Iterator[tuple[str, str]]:
    """What cannot be, although it is as it was written."""
    dataset = Dataset(folder, header)
    try:
        _ = dataset.windows
        for chrom, length in zip(header.assembly.names, header.assembly.lengths, strict=True):
            dataset.codes(chrom, 0, length)
            dataset.labels(chrom, 0, length)
    except DatasetError as error:
        yield "arrays", str(error)
