"""Weights from files, and the names of channels."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from pickle import UnpicklingError
from typing import Any

import safetensors.torch
import torch
from torch import Tensor, nn

from regtrack.errors import NetworkError

_COUNTERS = "num_batches_tracked"  # of training, which not every file keeps

Tracks = Sequence[str] | Mapping[str, int]


def load_weights(module: nn.Module, path: str | Path) -> None:
    """Load a module's tensors: safetensors, or a pickle of tensors alone, first to the CPU.

    Args:
        module: takes the tensors.
        path: a state_dict, or a dictionary that has one under `state_dict`.

    Raises:
        NetworkError: a file of other tensors, or of something else.
        OSError: no such file.
    """
    path = Path(path)
    if path.suffix == ".safetensors":
        found: Any = safetensors.torch.load_file(path)
    else:
        found = _unpickled(path)
    if isinstance(found, Mapping) and "state_dict" in found:
        found = found["state_dict"]
    if not isinstance(found, Mapping):
        raise NetworkError(f"{path} holds a {type(found).__name__}; expected a state_dict")
    expected = {name: _shape(tensor) for name, tensor in module.state_dict().items()}
    held = {name: _shape(tensor) for name, tensor in found.items()}
    for name in sorted(expected.keys() | held.keys()):
        if name.endswith(_COUNTERS):
            continue
        if held.get(name) != expected.get(name):
            raise NetworkError(
                f"{path}: tensor {name} is {held.get(name, 'missing')}, and "
                f"{type(module).__name__} has {expected.get(name, 'no such tensor')}; give the "
                "weights of this network, or the settings that it was trained with"
            )
    module.load_state_dict(found, strict=False)


def _unpickled(path: Path) -> Any:
    """What a pickle of tensors alone holds, on the CPU.

    Raises:
        NetworkError: it holds something else, or is no pickle.
    """
    try:
        return torch.load(path, map_location="cpu", weights_only=True)
    except (UnpicklingError, RuntimeError, EOFError) as error:  # torch's advice would run its code
        raise NetworkError(
            f"{path} is no pickle of tensors alone; expected a state_dict, by torch.save or as "
            ".safetensors: a pickle of anything else could run code, and is not loaded"
        ) from error


def _shape(tensor: object) -> str:
    return str(tuple(tensor.shape)) if isinstance(tensor, Tensor) else type(tensor).__name__


def channels_of(tracks: Tracks | None, count: int, prefix: str) -> tuple[list[str], list[int]]:
    """The names of tracks and their channels.

    Args:
        tracks: the name of every channel, in order; or channels by name; None: numbered names.
        count: of channels.
        prefix: of numbered names.

    Raises:
        NetworkError: another number of names.

    >>> channels_of({"K562_RNA": 7}, 20, "human")
    (['K562_RNA'], [7])
    """
    if isinstance(tracks, Mapping):
        return list(tracks), list(tracks.values())
    names = [f"{prefix}.{at:04d}" for at in range(count)] if tracks is None else list(tracks)
    if len(names) != count:
        raise NetworkError(
            f"found {len(names):,} `tracks` for {count:,} channels; expected a name for each, or "
            "channels by name"
        )
    return names, list(range(count))
