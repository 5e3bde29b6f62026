"""`last.ckpt`: the state after a complete epoch, from which an interrupted run resumes.

It is sealed by a digest over every name, number and tensor in it, and says which run it is of. So
Lightning only ever restores what this run wrote, weights and optimizer alike.
"""

from __future__ import annotations

import hashlib
import io
import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from lightning.fabric.plugins.io.torch_io import TorchCheckpointIO
from torch import Tensor
from typing_extensions import override

from regtrack.atomic import publish_file
from regtrack.errors import RecordError, TrainingError
from regtrack.files.records import SEAL, content_digest, typed
from regtrack.files.shown import shown
from regtrack.models.network import TrackModel
from regtrack.training.history import Epoch

HISTORY_KEY = "regtrack"  # among the states of Lightning's callbacks


class StateFile(TorchCheckpointIO):
    """Reads and writes `last.ckpt`: created only on success, read without running code in it."""

    @override
    def save_checkpoint(
        self, checkpoint: dict[str, Any], path: str | Path, storage_options: Any = None
    ) -> None:
        if storage_options is not None:
            raise TypeError("a state file has no storage options")
        packed = io.BytesIO()  # torch's own writer reports a full disk in its own words
        torch.save({**checkpoint, SEAL: _digest(checkpoint)}, packed)
        with publish_file(Path(path), overwrite=True) as temporary:
            temporary.write_bytes(packed.getbuffer())

    @override
    def load_checkpoint(
        self,
        path: str | Path,
        map_location: Any = "cpu",
        weights_only: bool | None = True,
    ) -> dict[str, Any]:
        _check_sums(Path(path))
        # weights_only whatever the caller asks
        state: dict[str, Any] = torch.load(path, map_location=map_location, weights_only=True)
        if state.pop(SEAL, None) != _digest(state):
            raise RecordError(f'its content does not match its "{SEAL}": it has changed')
        return state


def _digest(state: Mapping[str, Any]) -> str:
    found = hashlib.sha256()
    for part in _parts(state, ""):
        found.update(part)
    return found.hexdigest()


def _parts(value: Any, place: str) -> Iterator[Any]:
    """The bytes of everything in a state, each with its place."""
    if isinstance(value, Tensor):
        yield f"{place} {value.dtype} {tuple(value.shape)}\n".encode()
        yield value.detach().cpu().reshape(-1).contiguous().view(torch.uint8).numpy()
    elif isinstance(value, Mapping | list | tuple):
        inside = value.items() if isinstance(value, Mapping) else enumerate(value)
        yield f"{place} has {len(value)}\n".encode()
        for key, inner in inside:
            yield from _parts(inner, f"{place}/{key!r}")
    else:
        yield f"{place} {value!r}\n".encode()


def _check_sums(path: Path) -> None:
    """Compare the parts of a state file with their checksums, which torch itself does not read.

    Raises:
        zipfile.BadZipFile: a part has changed, or would unpack to more than the file holds.
    """
    with zipfile.ZipFile(path) as parts:
        if any(part.compress_type != zipfile.ZIP_STORED for part in parts.infolist()):
            raise zipfile.BadZipFile("it is compressed, as torch never writes it")
        if (damaged := parts.testzip()) is not None:
            raise zipfile.BadZipFile(f"{damaged} does not match its checksum")


def run_digest(request: Mapping[str, Any], network: TrackModel) -> str:
    """What identifies a run in its state: all that determines its outcome, and its tensors."""
    tensors = {
        name: [str(tensor.dtype), *tensor.shape] for name, tensor in network.state_dict().items()
    }
    return content_digest({"request": request, "tensors": tensors})


@dataclass(frozen=True)
class _OfRun:
    run: str
    history: list[Epoch]


def read_history(path: Path, run: str) -> list[Epoch]:
    """The epochs of an interrupted run, if its state can be restored.

    Args:
        path: the state.
        run: the digest of the run that wants to resume.

    Raises:
        TrainingError: the state is damaged or of another run, or its weights are not finite.
    """
    try:
        state = StateFile().load_checkpoint(path)
        found = typed(state["callbacks"][HISTORY_KEY], _OfRun)
        if found.run != run:
            raise RecordError("it is of another run, with other settings, data or network")
        for name, tensor in state["state_dict"].items():
            if not tensor.isfinite().all():
                raise RecordError(f"tensor {name} has values that are NaN or infinite")
        return found.history
    except Exception as error:
        # torch raises no specific error for a truncated or foreign file
        why = shown(" ".join(str(error).split()), 200)
        raise TrainingError(
            f"{path} cannot be read ({why}), so the run cannot be resumed; pass `overwrite=True` "
            "to start over"
        ) from error
