"""`last.ckpt`: the state after a complete epoch, from which an interrupted run resumes."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path
from typing import Any

import torch
from lightning.fabric.plugins.io.torch_io import TorchCheckpointIO
from typing_extensions import override

from regtrack.atomic import publish_file
from regtrack.errors import TrainingError
from regtrack.files.records import typed
from regtrack.files.shown import shown
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
        torch.save(checkpoint, packed)
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
        return state


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


def read_history(path: Path) -> list[Epoch]:
    """The epochs of an interrupted run.

    Raises:
        TrainingError: the state cannot be read.
    """
    try:
        state = StateFile().load_checkpoint(path)
        return typed(state["callbacks"][HISTORY_KEY]["history"], list[Epoch])
    except Exception as error:
        # torch raises no specific error for a truncated or foreign file
        why = shown(" ".join(str(error).split()), 200)
        raise TrainingError(
            f"{path} cannot be read ({why}), so the run cannot be resumed; pass `overwrite=True` "
            "to start over"
        ) from error
