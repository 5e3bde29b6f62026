"""A trained network as one self-describing safetensors file; never a pickle."""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol, TypeVar

import torch
from safetensors import SafetensorError
from safetensors.torch import load, save
from torch import Tensor
from torch.overrides import TorchFunctionMode

from regtrack.atomic import publish_file
from regtrack.checkpoint_header import (
    FORMAT,
    CheckpointFile,
    CheckpointHeader,
    read_checkpoint_file,
    read_header,
)
from regtrack.errors import AssemblyError, CheckpointError, RecordError
from regtrack.files.safetensors_header import SafetensorsHeader, split_safetensors
from regtrack.files.shown import shown
from regtrack.genome.agreement import compare_assemblies
from regtrack.genome.assembly import Assembly
from regtrack.labels.marker import Marker
from regtrack.measures.calibration import Calibration
from regtrack.model_style import ModelStyle, Run, style_of, styles_of
from regtrack.models.network import TrackModel
from regtrack.models.registry import rebuild_model

__all__ = [
    "Checkpoint",
    "CheckpointHeader",
    "check_assembly",
    "load_checkpoint",
    "read_header",
    "save_checkpoint",
    "style_checkpoints",
    "verify_checkpoint",
]

_log = logging.getLogger(__name__)
_DTYPES = {torch.float32: "F32", torch.int64: "I64"}  # as safetensors calls them


@dataclass(frozen=True)
class Checkpoint:
    """A trained network and what it was trained on.

    Attributes:
        model: the network.
        markers: what each row of its last layer predicts, in order.
        assembly: the chromosomes it was trained on.
        window: length of a training window (bp).
        training: provenance and scores, JSON-serialisable.
        path: the file it was loaded from, if any.
        calibration: what `regtrack calibrate` did to the last layer; None if it did nothing.

    Raises:
        CheckpointError: markers that do not fit the model, or see `CheckpointHeader`.
    """

    model: TrackModel
    markers: tuple[Marker, ...]
    assembly: Assembly
    window: int
    training: Mapping[str, Any]
    path: Path | None = None
    calibration: Calibration | None = None

    def __post_init__(self) -> None:
        if len(self.markers) != self.model.marker_count:
            raise CheckpointError(
                f"the model predicts {self.model.marker_count} markers, but {len(self.markers)} "
                "are named; expected one name per row of its last layer"
            )
        _ = self.header

    @property
    def marker_names(self) -> tuple[str, ...]:
        """The names of the markers, in the order of the rows."""
        return tuple(marker.name for marker in self.markers)

    @property
    def title(self) -> str:
        """The network's name in a sentence, such as `DILATED, max pooling`."""
        return style_of(self.model.name, self.model.config).title

    @property
    def run(self) -> Run:
        """By which it is told from others in figures."""
        return Run(self.model.name, self.model.config, _folder(self.path))

    @property
    def header(self) -> CheckpointHeader:
        """Everything but the weights."""
        return CheckpointHeader(
            model=self.model.name,
            config=self.model.config,
            markers=self.markers,
            assembly=self.assembly,
            window=self.window,
            training=self.training,
            calibration=self.calibration,
        )


def save_checkpoint(path: str | Path, checkpoint: Checkpoint, *, overwrite: bool = False) -> None:
    """Write a checkpoint, created only on success; equal checkpoints are byte-identical.

    Raises:
        CheckpointError: the training record is not JSON-serialisable; NaN is not allowed.
        OutputError: `path` exists and `overwrite` is off, or it cannot be written.
    """
    layout, weights = split_safetensors(_packed(checkpoint.model))
    metadata = {FORMAT: checkpoint.header.to_json(_digest(weights), layout)}
    with publish_file(Path(path), overwrite=overwrite) as temporary:
        temporary.write_bytes(_packed(checkpoint.model, metadata))


def model_digest(model: TrackModel) -> str:
    """SHA-256 of a network's tensors, as stored in its checkpoint."""
    return _digest(split_safetensors(_packed(model))[1])


def _digest(weights: memoryview) -> str:
    return hashlib.sha256(weights).hexdigest()


def _packed(model: TrackModel, metadata: dict[str, str] | None = None) -> bytes:
    """The tensors as a safetensors file; equal tensors yield identical bytes."""
    state = model.state_dict()
    tensors = {name: tensor.detach().cpu().contiguous() for name, tensor in state.items()}
    packed: bytes = save(tensors, metadata)
    return packed


def load_checkpoint(path: str | Path) -> Checkpoint:
    """Read a checkpoint; the network is on the CPU and in evaluation mode.

    Nothing is allocated before the file's header fits the network that it names: that is built on
    torch's meta device first. The state of torch's random generator is preserved.

    Args:
        path: the file, or the folder of a training run.

    Raises:
        CheckpointError: no such file, not a checkpoint, a truncated or damaged one, a newer
            version, weights that do not fit the network it names, or that are not finite.
    """
    file = read_checkpoint_file(path)
    header = file.header
    try:
        model = _unallocated(file)
        tensors = _read_tensors(file)
        for problem in _not_finite(tensors):
            raise CheckpointError(f"{problem}; train the network again")
    except (CheckpointError, RecordError, SafetensorError) as error:
        raise CheckpointError(f"{file.path} cannot be loaded: {error}") from error
    model.load_state_dict(tensors, assign=True)
    return Checkpoint(
        model=model.eval(),
        markers=header.markers,
        assembly=header.assembly,
        window=header.window,
        training=header.training,
        path=file.path,
        calibration=header.calibration,
    )


def _read_tensors(file: CheckpointFile) -> dict[str, Tensor]:
    """The tensors of a file that fits its network, if they are those that were saved.

    Older checkpoints without a digest are accepted.
    """
    content = file.path.read_bytes()
    layout, weights = split_safetensors(content)
    if layout != file.layout or file.weights not in {None, _digest(weights)}:
        raise CheckpointError(
            "its weights are damaged: they differ from those that were saved; copy it again"
        )
    tensors: dict[str, Tensor] = load(content)
    return tensors


def _unallocated(file: CheckpointFile) -> TrackModel:
    """The network that a file names, on torch's meta device, if the file's tensors are its."""
    header = file.header
    with torch.device("meta"), _Uninitialised():
        model = rebuild_model(header.model, len(header.markers), header.config)
    _check_tensors(file.layout, model)
    return model


class _Uninitialised(TorchFunctionMode):
    """Leaves new weights as they are.

    On the meta device they have no values, and drawing none loads torch's compiler for 2 seconds.
    """

    def __torch_function__(
        self,
        func: Callable[..., Any],
        types: Sequence[type],
        args: Sequence[Any] = (),
        kwargs: Mapping[str, Any] | None = None,
    ) -> Any:
        kwargs = kwargs or {}
        if getattr(func, "__module__", "") == "torch.nn.init":
            return args[0] if args else kwargs["tensor"]
        return func(*args, **kwargs)


def _not_finite(tensors: Mapping[str, Tensor]) -> Iterator[str]:
    """The tensors with which every score would be NaN."""
    for name, tensor in tensors.items():
        if count := int((~tensor.isfinite()).sum()):
            yield (
                f"tensor {name} has {count:,} of {tensor.numel():,} values that are NaN or infinite"
            )


def verify_checkpoint(path: str | Path) -> Iterator[str]:
    """What is wrong with a checkpoint, one problem after another; nothing if it can be loaded."""
    try:
        file = read_checkpoint_file(path)
        try:
            _unallocated(file)
        except CheckpointError as error:
            yield str(error)
        yield from _not_finite(_read_tensors(file))
    except (CheckpointError, RecordError, SafetensorError) as error:
        yield str(error)


def check_assembly(
    checkpoint: Checkpoint,
    given: Assembly,
    what: str = "the reference",
    *,
    any_assembly: bool = False,
    unseen: bool = True,
) -> None:
    """Refuse to apply a network to another assembly than its training's, unless that is meant.

    What is accepted nevertheless is noted in the log.

    Args:
        checkpoint: the network and what it was trained on.
        given: what it is applied to.
        what: where that comes from, for messages.
        any_assembly: accept chromosomes of other lengths.
        unseen: accept an assembly that shares no chromosome with the training's.

    Raises:
        AssemblyError: another assembly that is not accepted.
    """
    found = compare_assemblies(given, checkpoint.assembly)
    if found.same:
        return
    name = checkpoint.path or f"the {checkpoint.title} network"
    difference = found.difference(what, "training")
    if not (any_assembly if found.shared else unseen):
        raise AssemblyError(
            f"{name} is for another assembly: {difference}; use the assembly it was trained on, or "
            "pass `any_assembly=True` where another is meant"
        )
    _log.warning("%s is applied to another assembly: %s", name, difference)


def _check_tensors(found: SafetensorsHeader, model: TrackModel) -> None:
    """Refuse tensors that are not the model's, in one line instead of torch's many."""
    expected = {
        name: (_DTYPES.get(tensor.dtype, str(tensor.dtype)), tuple(tensor.shape))
        for name, tensor in model.state_dict().items()
    }
    held = {name: (tensor.dtype, tensor.shape) for name, tensor in found.tensors.items()}
    for name in sorted(expected.keys() | held.keys()):
        if held.get(name) != expected.get(name):
            title = style_of(model.name, model.config).title
            raise CheckpointError(
                f"tensor {shown(name)} is {_described(held.get(name), 'missing')}; the {title} of "
                f"its header has {_described(expected.get(name), 'no such tensor')}"
            )


def _described(tensor: tuple[str, tuple[int, ...]] | None, none: str) -> str:
    return none if tensor is None else f"{tensor[0]} {tensor[1]}"


class Styled(Protocol):
    """A network with a run; `Checkpoint` is one."""

    @property
    def path(self) -> Path | None:
        """Its file, if any."""

    @property
    def run(self) -> Run:
        """By which it is told from others in figures."""


S = TypeVar("S", bound=Styled)


def style_checkpoints(checkpoints: Sequence[S]) -> dict[ModelStyle, S]:
    """The style of each checkpoint, or other network, when shown next to the others.

    Raises:
        CheckpointError: no checkpoint, or one that is named twice.
    """
    if not checkpoints:
        raise CheckpointError("no checkpoint; name at least one")
    paths = [checkpoint.path.resolve() for checkpoint in checkpoints if checkpoint.path]
    for path in paths:
        if paths.count(path) > 1:
            raise CheckpointError(f"{path} is named twice; name each checkpoint once")
    styles = styles_of([checkpoint.run for checkpoint in checkpoints])
    return dict(zip(styles, checkpoints, strict=True))


def _folder(path: Path | None) -> Path | None:
    """The folder of a run, or the file where it is not called as runs call theirs."""
    if path is None:
        return None
    path = path.resolve()
    return path.parent if path.stem == "checkpoint" else path.with_suffix("")
