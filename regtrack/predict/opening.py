"""The network that a user names: a checkpoint, its file, or a network of their own."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import cast

import torch

from regtrack.checkpoint import Checkpoint, check_assembly, load_checkpoint
from regtrack.errors import CheckpointError, NetworkError, PlanError
from regtrack.genome.assembly import Assembly
from regtrack.predict.ensemble import NamedEnsemble, averaged
from regtrack.predict.foreign import ForeignNetwork
from regtrack.predict.named import NetworkSource
from regtrack.predict.network import Network, SequenceNetwork, traits_of

One = str | Path | Checkpoint | ForeignNetwork | NetworkSource | SequenceNetwork
Given = One | Sequence[str | Path | Checkpoint]
Single = Checkpoint | ForeignNetwork
Opened = Single | NamedEnsemble


def open_network(
    given: Given,
    *,
    device: torch.device | None = None,
    precision: str = "fp32",
    step: int | None = None,
    transform: str = "none",
) -> Opened:
    """The network that is given; one of the user's own is called once, to see whether it fits.

    Args:
        given: a checkpoint, its file or its run's folder, a described network, or the function that
            makes one; several checkpoints are one network, the mean of their logits.
        device: where it will run; None: the CPU.
        precision: `fp32` or `bf16`.
        step: bp from one call to the next, of a network with one output per call; None: as
            described.
        transform: puts the values of a network of the user's own on another scale; see
            `regtrack.predict.transformed.transformed`.

    Raises:
        CheckpointError: a file that is no checkpoint.
        NetworkError: a network without a description, that raises, or that is not as described; or
            a step or transform that it does not take.
        DeviceError, OutOfMemoryError: it does not run on the device.
    """
    found = open_untried(given)
    if not isinstance(found, ForeignNetwork):
        if transform != "none":
            raise NetworkError(
                "`transform` is for networks of your own, and this is a checkpoint of regtrack; "
                "omit it"
            )
        return found if step is None else _stepped(found, step)
    if step is not None or transform != "none":
        found = found.on(step=step, transform=transform)
    found.try_call(device or torch.device("cpu"), precision=precision)
    return found


def open_one(given: One, *, device: torch.device | None = None) -> Single:
    """A single network, as `open_network`, whose errors it raises."""
    found = open_network(given, device=device)
    assert not isinstance(found, NamedEnsemble)
    return found


def open_untried(given: Given) -> Opened:
    """The network that is given, without a call of it; see `open_network`.

    Raises:
        CheckpointError: a file that is no checkpoint, or none of several.
        MarkerError: no marker is predicted by all of several checkpoints.
        NetworkError: a network without a description, or a function that cannot make one.
    """
    if isinstance(given, list | tuple):
        return _opened(given)
    if isinstance(given, Checkpoint | ForeignNetwork):
        return given
    if isinstance(given, str | Path):
        return load_checkpoint(given)
    return _foreign(given)


def _stepped(found: Checkpoint | NamedEnsemble, step: int) -> Checkpoint | NamedEnsemble:
    """Trained networks of short windows, with a window every so many bp."""
    if isinstance(found, NamedEnsemble):
        return averaged([_with_step(one, step) for one in found.members])
    return _with_step(found, step)


def _with_step(checkpoint: Checkpoint, step: int) -> Checkpoint:
    stepped = getattr(checkpoint.model, "stepped", None)
    if stepped is None:
        raise NetworkError(
            f"`step` is for networks with one output per call, and {checkpoint.title} has one per "
            "base; omit it"
        )
    return replace(checkpoint, model=stepped(step))


def _foreign(given: NetworkSource | SequenceNetwork | Sequence[object]) -> ForeignNetwork:
    if isinstance(given, NetworkSource):
        return given.make()
    return ForeignNetwork.of(cast(SequenceNetwork, given))


def _opened(several: Sequence[str | Path | Checkpoint]) -> Checkpoint | NamedEnsemble:
    """One checkpoint, or several as one network."""
    members = [one if isinstance(one, Checkpoint) else load_checkpoint(one) for one in several]
    if not members:
        raise CheckpointError("no checkpoint; name at least one")
    return members[0] if len(members) == 1 else averaged(members)


def check_place(
    opened: Opened, assembly: Assembly, what: str = "the reference", *, any_assembly: bool
) -> None:
    """Refuse to apply a checkpoint to another assembly than its training's; see `check_assembly`.

    Raises:
        AssemblyError: another assembly that is not accepted.
    """
    if isinstance(opened, ForeignNetwork):
        return
    for one in opened.members if isinstance(opened, NamedEnsemble) else (opened,):
        check_assembly(one, assembly, what, any_assembly=any_assembly)


def check_strands(network: Network, *, logits: bool, both_strands: bool) -> None:
    """Refuse values that a network cannot give.

    Raises:
        PlanError: logits of a network that gives none, or the mean of both strands of tracks whose
            partner on the other strand is not known.
    """
    traits = traits_of(network)
    if logits and traits.values != "logits":
        raise PlanError(
            f"`logits` was requested, but {network.name} gives {traits.values}; omit the option"
        )
    if both_strands and traits.partners is None:
        raise PlanError(
            f"`reverse_complement` averages both strands, but {network.name} has tracks of one "
            "strand without a partner on the other; omit the option, or name the partners"
        )
