"""The files of a dataset folder: names, dtypes and version, checked on reading.

docs/dataset.md describes the format.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from regtrack.errors import DatasetError
from regtrack.genome.assembly import Assembly

FORMAT = "regtrack dataset"
VERSION = 1
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
ARRAY_FILES = (CODES_FILE, WINDOWS_FILE, OFFSETS_FILE, ROWS_FILE)


def tile_counts(assembly: Assembly) -> list[int]:
    """The number of label tiles of each chromosome; the last one may be short."""
    return [-(-length // TILE) for length in assembly.lengths]


def write_header(folder: Path, contents: Mapping[str, Any]) -> None:
    """Write dataset.json, including the sizes of the arrays already in the folder."""
    sizes = {name: (folder / name).stat().st_size for name in ARRAY_FILES}
    header = {"format": FORMAT, "version": VERSION, "files": sizes, **contents}
    (folder / HEADER_FILE).write_text(json.dumps(header, indent=1) + "\n", encoding="utf-8")


def read_header(folder: Path) -> dict[str, Any]:
    """Read dataset.json, and check that every array is present in full size.

    Raises:
        DatasetError: no dataset, another version, or a missing or truncated file.
    """
    path = folder / HEADER_FILE
    if not path.is_file():
        raise DatasetError(
            f"no dataset at {folder}: it has no {HEADER_FILE}; expected a folder made by "
            "regtrack build-dataset"
        )
    try:
        header = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise damaged(folder, f"{HEADER_FILE} is not JSON ({error})") from error
    if not isinstance(header, dict) or header.get("format") != FORMAT:
        raise damaged(folder, f'{HEADER_FILE} does not say "{FORMAT}"')
    if header.get("version") != VERSION:
        raise DatasetError(
            f"{folder} is a dataset of version {header.get('version')}; this regtrack reads "
            f"version {VERSION}; build it again with regtrack build-dataset"
        )
    _check_sizes(folder, header.get("files"))
    return header


def load_array(
    folder: Path, name: str, dtype: np.dtype[Any], length: int | None = None
) -> npt.NDArray[Any]:
    """Memory-map an array (n,) of `dtype`, read-only.

    Args:
        folder: the dataset.
        name: file name of the array.
        dtype: the expected dtype.
        length: the expected length; None: any.

    Raises:
        DatasetError: the file cannot be read, or has another dtype or length.
    """
    try:
        array = np.asarray(np.load(folder / name, mmap_mode="r", allow_pickle=False))
    except (OSError, ValueError) as error:
        raise damaged(folder, f"{name} cannot be read ({error})") from error
    if array.dtype != dtype or array.ndim != 1 or length not in (None, len(array)):
        expected = f"{dtype}, {'any length' if length is None else f'{length:,} of them'}"
        raise damaged(folder, f"{name} holds {array.dtype} {array.shape}; expected {expected}")
    return array


def damaged(folder: Path, what: str) -> DatasetError:
    """An error that says what is wrong with a dataset, and to rebuild it."""
    return DatasetError(
        f"the dataset {folder} is damaged: {what}; build it again with regtrack build-dataset"
    )


def _check_sizes(folder: Path, sizes: Any) -> None:
    if not isinstance(sizes, dict) or set(ARRAY_FILES) - sizes.keys():
        raise damaged(folder, f"{HEADER_FILE} does not give the size of every array")
    for name in ARRAY_FILES:
        path = folder / name
        if not path.is_file():
            raise damaged(folder, f"{name} is missing")
        found = path.stat().st_size
        if found != sizes[name]:
            raise damaged(folder, f"{name} has {found:,} bytes; expected {sizes[name]:,}")
