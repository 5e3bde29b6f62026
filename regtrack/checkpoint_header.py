"""The description inside a checkpoint, read without torch and without its weights.

A checkpoint is a safetensors file: eight bytes of header length, a JSON header, then the tensors.
Everything but the tensors is one JSON string under one key of the header's metadata, so that equal
checkpoints are byte-identical. docs/checkpoint.md describes it.
"""

from __future__ import annotations

import hashlib
import json
import logging
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

from regtrack.errors import CheckpointError, RegtrackError
from regtrack.files.recognise import recognise_file
from regtrack.genome.assembly import Assembly
from regtrack.labels.marker import Marker

FORMAT = "regtrack.checkpoint"
VERSION = 1
_LARGEST_HEADER = 100_000_000  # safetensors' own limit
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

    Raises:
        CheckpointError: no marker, a marker named twice, or a window below 1.
    """

    model: str
    config: Mapping[str, Any]
    markers: tuple[Marker, ...]
    assembly: Assembly
    window: int
    training: Mapping[str, Any]

    def __post_init__(self) -> None:
        names = [marker.name for marker in self.markers]
        if len(set(names)) != len(names) or not names:
            twice = sorted({name for name in names if names.count(name) > 1})
            found = f"{twice[0]} twice" if twice else "none"
            raise CheckpointError(f"found {found}; expected at least one marker, and unique names")
        if self.window < 1:
            raise CheckpointError(f"the window is {self.window} bp; expected at least 1")

    @property
    def trained_on(self) -> str | None:
        """The digest of the training dataset (see `dataset_digest`); None if it is not recorded."""
        dataset = self.training.get("dataset")
        digest = dataset.get("digest") if isinstance(dataset, Mapping) else None
        return digest if isinstance(digest, str) else None

    def to_json(self, weights: str | None = None) -> str:
        """The metadata as a JSON string.

        Args:
            weights: SHA-256 of everything after the file's header.

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
        if weights is not None:
            record["weights"] = weights
        try:
            return json.dumps(record, allow_nan=False, separators=(",", ":"))
        except (TypeError, ValueError) as error:
            raise CheckpointError(
                f"the training record cannot be written as JSON: {error}; expected strings, finite "
                "numbers, true, false, null, and lists and objects of these"
            ) from error

    @classmethod
    def from_json(cls, text: str) -> Self:
        """The header that `to_json` wrote.

        Raises:
            CheckpointError: a newer version, or a field that is missing or wrong.
        """
        try:
            record = json.loads(text)
            if record["version"] > VERSION:
                raise CheckpointError(
                    f"its format is version {record['version']} and this regtrack reads up to "
                    f"{VERSION}; update regtrack"
                )
            assembly = record["assembly"]
            return cls(
                model=record["model"]["name"],
                config=dict(record["model"]["config"]),
                markers=tuple(Marker.from_dict(marker) for marker in record["markers"]),
                assembly=Assembly(tuple(assembly["names"]), tuple(assembly["lengths"])),
                window=record["window"],
                training=dict(record["training"]),
            )
        except CheckpointError:
            raise
        except (KeyError, TypeError, ValueError, AttributeError, RegtrackError) as error:
            raise CheckpointError(f"its header is damaged ({_line(error)}); {_EXPECTED}") from error


def checkpoint_file(path: str | Path) -> Path:
    """The file of a checkpoint, which may be named by the folder of its training run.

    An unfinished run has the best network so far; using it is noted.

    Raises:
        CheckpointError: nothing there, a folder of no run, or a run without a checkpoint yet.
    """
    path = Path(path)
    if not path.is_dir():
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


def _finished(record: Path) -> bool:
    """Whether a run is over; a record that cannot be read does not say otherwise."""
    try:
        return bool(json.loads(record.read_text(encoding="utf-8"))["status"] != "unfinished")
    except (ValueError, KeyError, TypeError):
        return True


def read_header(path: str | Path) -> CheckpointHeader:
    """Read a checkpoint's description.

    Args:
        path: its file, or the folder of the training run.

    Raises:
        CheckpointError: no such file, not a checkpoint, a truncated one, or a newer version.
    """
    path = checkpoint_file(path)
    metadata = _safetensors_header(path).get("__metadata__", {})
    if FORMAT not in metadata:
        raise CheckpointError(f"{path} holds weights, but no record by regtrack; {_EXPECTED}")
    try:
        return CheckpointHeader.from_json(metadata[FORMAT])
    except CheckpointError as error:
        raise CheckpointError(f"{path} cannot be read: {error}") from error


def check_weights(path: str | Path) -> None:
    """Refuse a checkpoint whose weights have changed since they were written.

    Older checkpoints without a digest are accepted.

    Raises:
        CheckpointError: at least one byte has changed, or see `read_header`.
    """
    path = Path(path)
    promised = json.loads(_safetensors_header(path)["__metadata__"][FORMAT]).get("weights")
    if promised and promised != weights_digest(path.read_bytes()):
        raise CheckpointError(
            "its weights are damaged: they differ from those that were saved; copy it again"
        )


def weights_digest(file: bytes) -> str:
    """SHA-256 of everything after the header of a safetensors file."""
    length = int.from_bytes(file[:8], "little")
    return hashlib.sha256(memoryview(file)[8 + length :]).hexdigest()


def read_shapes(path: str | Path) -> dict[str, tuple[int, ...]]:
    """The names and shapes of the tensors in a safetensors file.

    Raises:
        CheckpointError: no such file, not a safetensors file, or a truncated one.
    """
    header = _safetensors_header(Path(path))
    return {
        name: tuple(tensor["shape"]) for name, tensor in header.items() if name != "__metadata__"
    }


def _safetensors_header(path: Path) -> dict[str, Any]:
    size = path.stat().st_size
    with path.open("rb") as file:
        length = int.from_bytes(file.read(8), "little")
        raw = file.read(length) if length <= min(size - 8, _LARGEST_HEADER) else b""
    try:
        header = json.loads(raw)
        tensors = [value for name, value in header.items() if name != "__metadata__"]
        end = 8 + length + max((tensor["data_offsets"][1] for tensor in tensors), default=0)
    except (ValueError, AttributeError, KeyError, TypeError, IndexError) as error:
        raise _not_safetensors(path) from error
    if size != end:
        raise CheckpointError(
            f"{path} has {size:,} bytes, but its header announces {end:,}; it is incomplete: "
            "copy it again"
        )
    return dict(header)


def _not_safetensors(path: Path) -> CheckpointError:
    kind = recognise_file(path)
    if kind.endswith("pickle"):  # by torch.save and Lightning
        return CheckpointError(
            f"{path} is {kind}; regtrack never loads one, since that runs its code: {_EXPECTED}"
        )
    if kind == "a safetensors file":
        return CheckpointError(f"{path} is incomplete; copy it again")
    return CheckpointError(f"{path} is {kind}, not a safetensors file; {_EXPECTED}")


def _line(error: Exception) -> str:
    """An exception in one line, including its type."""
    return " ".join(f"{type(error).__name__}: {error}".split())
