"""The description inside a checkpoint, read without torch and without its weights.

A checkpoint is a safetensors file. Everything but the tensors is one JSON string under one key of
the header's metadata, so that equal checkpoints are byte-identical. docs/checkpoint.md has more.
"""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from regtrack.errors import CheckpointError, NetworkError, RecordError
from regtrack.files.records import (
    check_seal,
    content_digest,
    parse_record,
    read_record,
    to_text,
    typed,
)
from regtrack.files.safetensors_header import SafetensorsHeader, read_safetensors_header
from regtrack.files.shown import shown
from regtrack.genome.assembly import Assembly
from regtrack.labels.marker import Marker
from regtrack.measures.calibration import Calibration
from regtrack.saved_network import SavedNetwork, saved_in

FORMAT = "regtrack.checkpoint"
VERSION = 2
_SEALED = 2  # the first version with a digest
_LONGEST = 2**32  # bp
CHECKPOINT_FILE = "checkpoint.safetensors"  # in the folder of a training run
RUN_FILE = "training.json"  # the record of a run, which says whether it is finished
_EXPECTED = "expected a checkpoint of regtrack train (.safetensors) or the folder of its run"
_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class CheckpointHeader:
    """A checkpoint without its weights.

    Attributes:
        model: name of the network in the registry.
        config: the network's settings.
        markers: what each row of its last layer predicts, in order.
        assembly: the chromosomes it was trained on.
        window: length of a training window (bp).
        training: provenance and scores, JSON-serialisable.
        calibration: what `regtrack calibrate` fitted and measured; None if it did not.

    Raises:
        CheckpointError: no marker, a marker named twice, an impossible window, or a calibration of
            another number of markers.
    """

    model: str
    config: Mapping[str, Any]
    markers: tuple[Marker, ...]
    assembly: Assembly
    window: int
    training: Mapping[str, Any]
    calibration: Calibration | None = None

    def __post_init__(self) -> None:
        names = Counter(marker.name for marker in self.markers)
        if len(names) < len(self.markers) or not names:
            found = f"{names.most_common(1)[0][0]} twice" if names else "none"
            raise CheckpointError(f"found {found}; expected at least one marker, and unique names")
        if not 1 <= self.window < _LONGEST:
            raise CheckpointError(
                f"the window is {self.window:,} bp; expected 1 to {_LONGEST - 1:,}"
            )
        calibrated = len(self.markers if self.calibration is None else self.calibration.markers)
        if calibrated != len(self.markers):
            raise CheckpointError(
                f"its calibration is of {calibrated:,} markers; expected {len(self.markers):,}"
            )

    @property
    def trained_on(self) -> str | None:
        """The digest of the training dataset (see `dataset_digest`); None if it is not recorded."""
        dataset = self.training.get("dataset")
        digest = dataset.get("digest") if isinstance(dataset, Mapping) else None
        return digest if isinstance(digest, str) else None

    def to_json(self, weights: str | None = None, tensors: SafetensorsHeader | None = None) -> str:
        """The metadata as a JSON string, sealed by a digest.

        Args:
            weights: SHA-256 of everything after the file's header.
            tensors: the tensors of the file, which the digest then covers too.

        Raises:
            CheckpointError: the training record is not JSON-serialisable; NaN is not allowed.
        """
        record = {
            "version": VERSION,
            "model": {"name": self.model, "config": dict(self.config)},
            "markers": [marker.to_dict() for marker in self.markers],
            "assembly": {
                "names": list(self.assembly.names),
                "lengths": list(self.assembly.lengths),
            },
            "window": self.window,
            "training": dict(self.training),
        }
        if self.calibration is not None:
            record["calibration"] = self.calibration.to_dict()
        if weights is not None:
            record["weights"] = weights
        if tensors is not None:
            record["tensors"] = content_digest(tensors.table())
        try:
            return to_text(record, indent=None).rstrip()
        except (TypeError, ValueError) as error:
            raise CheckpointError(
                f"the training record cannot be written as JSON: {error}; expected strings, finite "
                "numbers, true, false, null, and lists and objects of these"
            ) from error

    @classmethod
    def from_json(cls, text: str) -> CheckpointHeader:
        """The header that `to_json` wrote.

        Raises:
            CheckpointError: a newer version, a field that is missing or wrong, or a change.
        """
        try:
            return _read_metadata(text).header
        except RecordError as error:
            raise CheckpointError(f"its record is damaged: {error}; copy it again") from error


@dataclass(frozen=True)
class _Model:
    name: str
    config: dict[str, Any]


@dataclass(frozen=True)
class _Metadata:
    """The record as it stands in the file."""

    version: int
    model: _Model
    markers: tuple[Marker, ...]
    assembly: Assembly
    window: int
    training: dict[str, Any]
    weights: str | None = None
    tensors: str | None = None
    calibration: Calibration | None = None

    @property
    def header(self) -> CheckpointHeader:
        return CheckpointHeader(
            self.model.name, self.model.config, self.markers, self.assembly, self.window,
            self.training, self.calibration,
        )  # fmt: skip


@dataclass(frozen=True)
class CheckpointFile:
    """What the beginning of a checkpoint says of the rest.

    Attributes:
        path: the file.
        header: the checkpoint without its weights.
        layout: its tensors: names, types, shapes and places.
        weights: SHA-256 of their bytes; None in older checkpoints.
    """

    path: Path
    header: CheckpointHeader
    layout: SafetensorsHeader
    weights: str | None


def checkpoint_file(path: str | Path) -> Path:
    """The file of a checkpoint, which may be named by the folder of its training run.

    An unfinished run has the best network so far; using it is noted.

    Raises:
        CheckpointError: nothing there, a folder of no run, or a run without a checkpoint yet.
    """
    path = Path(path)
    if not path.is_dir():
        if path.exists() and not path.is_file():
            raise CheckpointError(f"{path} is a pipe or a device; save it to a file; {_EXPECTED}")
        if not path.is_file():
            raise CheckpointError(f"no checkpoint at {path}; {_EXPECTED}")
        return path
    file, record = path / CHECKPOINT_FILE, path / RUN_FILE
    if not file.is_file():
        if record.is_file():
            raise CheckpointError(
                f"{path} is a training run that was interrupted in its first epoch and has no "
                "checkpoint yet; run the same regtrack train command again, which resumes it"
            )
        raise CheckpointError(f"{path} is a folder without {CHECKPOINT_FILE}; {_EXPECTED}")
    if record.is_file() and not _finished(record):
        _log.warning("the run in %s is not finished; using its best network so far", path)
    return file


@dataclass(frozen=True)
class _Run:
    status: str = "finished"


def _finished(record: Path) -> bool:
    """Whether a run is over; a record that cannot be read does not say otherwise."""
    try:
        return typed(read_record(record), _Run).status != "unfinished"
    except RecordError:
        return True


def read_header(path: str | Path) -> CheckpointHeader:
    """Read a checkpoint's description.

    Args:
        path: its file, or the folder of the training run.

    Raises:
        CheckpointError: no such file, not a checkpoint, a truncated or damaged one, or a newer
            version.
    """
    return read_checkpoint_file(path).header


def read_checkpoint_file(path: str | Path) -> CheckpointFile:
    """Read everything but the weights of a checkpoint; see `read_header`."""
    path = checkpoint_file(path)
    try:
        layout = read_safetensors_header(path)
    except RecordError as error:
        raise _refused(path, str(error)) from error
    if (saved := _saved(path, layout)) is not None:
        raise CheckpointError(
            f"{path} is a network that {shown(saved.function)} made, and no code runs because a "
            "file says so; name the function too, as `network`"
        )
    if FORMAT not in layout.metadata:
        raise CheckpointError(f"{path} holds weights, but no record by regtrack; {_EXPECTED}")
    try:
        found = _read_metadata(layout.metadata[FORMAT])
        if found.tensors not in {None, content_digest(layout.table())}:
            raise RecordError("its tensors are not where they were written")
        return CheckpointFile(path, found.header, layout, found.weights)
    except RecordError as error:
        raise CheckpointError(
            f"{path} cannot be read: its record is damaged: {error}; copy it again"
        ) from error
    except CheckpointError as error:
        raise CheckpointError(f"{path} cannot be read: {error}") from error


def _saved(path: Path, layout: SafetensorsHeader) -> SavedNetwork | None:
    """What a file of a network of the user's own says of it."""
    try:
        return saved_in(layout.metadata)
    except NetworkError as error:
        raise CheckpointError(f"{path} cannot be read: {error}") from error


def _read_metadata(text: str) -> _Metadata:
    """The record in the metadata, which must be as it was written."""
    record = parse_record(text)
    version = record.get("version")
    if isinstance(version, int) and version > VERSION:
        raise CheckpointError(
            f"its format is version {shown(version)} and this regtrack reads up to {VERSION}; "
            "update regtrack"
        )
    found = typed(record, _Metadata)
    sealed = found.version >= _SEALED
    check_seal(record, required=sealed)
    if sealed and None in {found.weights, found.tensors}:
        raise RecordError('it lacks "weights" or "tensors"')
    return found


def _refused(path: Path, why: str) -> CheckpointError:
    if "pickle" in why:
        kind = why.partition(",")[0]  # "is a Python pickle", not a safetensors file
        return CheckpointError(
            f"{path} {kind}; regtrack never loads one, since that runs its code: {_EXPECTED}"
        )
    return CheckpointError(f"{path} {why}{'' if 'copy it again' in why else f'; {_EXPECTED}'}")
