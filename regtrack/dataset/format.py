"""The files of a dataset folder: names, dtypes and version.

docs/dataset.md describes the format.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from regtrack.errors import DatasetError
from regtrack.genome.assembly import Assembly

FORMAT = "regtrack dataset"
VERSION = 2
CROPPED_VERSION = 3  # of datasets whose spec has a crop or bins, which version 2 does not know
VERSIONS = (VERSION, CROPPED_VERSION)  # no set: in a damaged header, any JSON is looked for in it
SPLITS = ("train", "valid", "test")
TILE = 25_000  # bp; a position within a tile fits in 16 bits

BASE = np.dtype("u1")
WINDOW = np.dtype([("chrom", "<u2"), ("start", "<u4"), ("split", "u1")])
OFFSET = np.dtype("<i8")
ROW = np.dtype([("marker", "<u2"), ("start", "<u2"), ("end", "<u2")])

HEADER_FILE = "dataset.json"
CODES_FILE = "codes.npy"
WINDOWS_FILE = "windows.npy"
OFFSETS_FILE = "tile_offsets.npy"
ROWS_FILE = "label_rows.npy"
DTYPES = {CODES_FILE: BASE, WINDOWS_FILE: WINDOW, OFFSETS_FILE: OFFSET, ROWS_FILE: ROW}
ARRAY_FILES = tuple(DTYPES)


def tile_counts(assembly: Assembly) -> list[int]:
    """The number of label tiles of each chromosome; the last one may be short."""
    return [-(-length // TILE) for length in assembly.lengths]


def damaged(folder: Path, what: str) -> DatasetError:
    """An error that says what is wrong with a dataset, and to rebuild it."""
    return DatasetError(
        f"the dataset {folder} is damaged: {what}; build it again with regtrack build-dataset"
    )
