"""dataset.json: what a dataset holds, with a checksum of every block of its arrays."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from regtrack.dataset.checksums import ArrayRecord, record_array
from regtrack.dataset.format import (
    CODES_FILE,
    CROPPED_VERSION,
    DTYPES,
    FORMAT,
    HEADER_FILE,
    OFFSETS_FILE,
    VERSION,
    VERSIONS,
    damaged,
    tile_counts,
)
from regtrack.dataset.spec import DatasetSpec
from regtrack.errors import DatasetError, RecordError
from regtrack.files.records import check_seal, read_record, to_text, typed
from regtrack.files.shown import shown
from regtrack.genome.assembly import Assembly
from regtrack.labels.marker import Marker


@dataclass(frozen=True)
class DatasetHeader:
    """The content of dataset.json.

    Attributes:
        files: size and checksums of each array, by file name.
        spec: what was requested.
        assembly: the kept chromosomes.
        markers: the columns of the labels.
        summary: the numbers of the build.
        provenance: what it was built from.

    Raises:
        DatasetError: an array without a record, or of a length that does not fit the assembly; no
            marker, or one that is named twice.
    """

    files: dict[str, ArrayRecord]
    spec: DatasetSpec
    assembly: Assembly
    markers: tuple[Marker, ...]
    summary: dict[str, Any]
    provenance: dict[str, Any]

    def __post_init__(self) -> None:
        if missing := DTYPES.keys() - self.files:
            raise DatasetError(f'"files" lacks {", ".join(sorted(missing))}')
        if len({marker.name for marker in self.markers}) < max(len(self.markers), 1):
            raise DatasetError('"markers" is empty, or names one of them twice')
        self._check_length(CODES_FILE, self.assembly.total)
        self._check_length(OFFSETS_FILE, sum(tile_counts(self.assembly)) + 1)

    def _check_length(self, name: str, expected: int) -> None:
        found = self.files[name].length
        if found != expected:
            raise DatasetError(f"{name} has {found:,} elements; the assembly needs {expected:,}")


def write_header(folder: Path, contents: Mapping[str, Any]) -> None:
    """Write dataset.json, including the checksums of the arrays already in the folder."""
    files = {name: record_array(folder / name).to_dict() for name in DTYPES}
    cropped = {"crop", "bin"} & contents["spec"].keys()
    version = CROPPED_VERSION if cropped else VERSION
    header = {"format": FORMAT, "version": version, "files": files, **contents}
    (folder / HEADER_FILE).write_text(to_text(header), encoding="utf-8")


def read_header(folder: Path) -> DatasetHeader:
    """Read dataset.json, which must be as it was written.

    Raises:
        DatasetError: no dataset, another version, or a damaged file.
    """
    path = folder / HEADER_FILE
    if not path.is_file():
        raise DatasetError(
            f"no dataset at {folder}: it has no {HEADER_FILE}; expected a folder made by "
            "regtrack build-dataset"
        )
    try:
        record = read_record(path)
        if record.get("format") != FORMAT:
            raise RecordError(f'it does not say "{FORMAT}"')
        if record.get("version") not in VERSIONS:
            raise _other_version(folder, record.get("version"))
        header = typed(record, DatasetHeader)
        check_seal(record)
    except RecordError as error:
        raise damaged(folder, f"{HEADER_FILE}: {error}") from error
    return header


def _other_version(folder: Path, version: object) -> DatasetError:
    why = " and has no checksums" if version == 1 else ""
    return DatasetError(
        f"the dataset {folder} is of version {shown(version)}{why}; this regtrack reads versions "
        f"{VERSION} and {CROPPED_VERSION}: build it again with regtrack build-dataset"
    )
