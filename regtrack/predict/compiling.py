"""A network compiled by torch.compile."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from functools import cache
from typing import cast

import torch
from torch import Tensor

from regtrack.errors import DeviceError
from regtrack.predict.network import Network


def compiled_logits(
    model: Network, codes: Tensor, markers: Tensor | Sequence[int] | None
) -> Tensor:
    """The logits of codes by the compiled network.

    Args:
        model: the network, on the device of the codes.
        codes: uint8, shape (B, L).
        markers: rows of the last layer; None: all.

    Returns:
        Logits, shape (B, M, L), in the precision that the network computes in.

    Raises:
        DeviceError: the network cannot be compiled here.
    """
    try:
        return _compiler()(model, codes, markers)
    except Exception as error:
        if not _is_compiler(error):
            raise
        reason = next(iter(str(error).strip().splitlines()), "no reason given")
        raise DeviceError(
            f"the network cannot be compiled here ({reason}); pass `compiling='off'`"
        ) from error


def _logits(model: Network, codes: Tensor, markers: Tensor | Sequence[int] | None) -> Tensor:
    return model.logits(codes, markers)


@cache
def _compiler() -> Callable[..., Tensor]:
    """The compiled function; one kernel per shape, since known lengths are faster."""
    compiled = torch.compile(
        _logits,
        fullgraph=True,
        dynamic=False,
        options={"deterministic": True},  # otherwise kernels are chosen by timing them
    )
    return cast(Callable[..., Tensor], compiled)


def forget_compiled() -> None:
    """Drop what was compiled so far: torch keeps at most eight networks or shapes per process."""
    if "torch._dynamo" in sys.modules:
        torch.compiler.reset()


def _is_compiler(error: Exception) -> bool:
    """Whether torch.compile failed, by the name: importing its errors takes a second."""
    names = {kind.__name__ for kind in type(error).__mro__}
    return not names.isdisjoint({"TorchDynamoException", "FailOnRecompileLimitHit"})
