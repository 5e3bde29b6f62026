"""Calls of the network under check, and gradients at its one-hot input."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor
from torch.overrides import TorchFunctionMode

from regtrack.errors import NetworkError
from regtrack.genome.sequence import Codes
from regtrack.predict.adapter_errors import adapter_errors
from regtrack.predict.forward import one_pass
from regtrack.predict.network import SequenceNetwork
from regtrack.predict.one_hot import called, letter_rows

_ROWS = 16  # tracks that are looked at
_AT_ONCE = 200_000  # bp of calls at once
_ROUNDING = {"fp32": 1e-5, "bf16": 0.02}  # of the largest value
_RELATIVE = {"fp32": 1e-4, "bf16": 0.05}  # of the value itself


@dataclass(frozen=True)
class Caller:
    """A network that is called as it says, without regtrack's own cutting and joining.

    Attributes:
        network: what is checked.
        device: where it runs.
        precision: `fp32` or `bf16`.
    """

    network: SequenceNetwork
    device: torch.device
    precision: str = "fp32"

    @property
    def rows(self) -> list[int]:
        """The tracks that are looked at: all, or some from the first to the last."""
        count = len(self.network.description.outputs)
        return sorted({round(row) for row in np.linspace(0, count - 1, min(count, _ROWS))})

    @property
    def rounding(self) -> float:
        """The difference, relative to the largest value, that counts as none."""
        return _ROUNDING[self.precision]

    @property
    def relative(self) -> float:
        """The difference, relative to the value itself, that counts as none."""
        return _RELATIVE[self.precision]

    def __call__(self, codes: Codes, rows: Sequence[int] | None = None) -> Tensor:
        """What the network gives for codes (B, L): floats (B, M, bins), as its own dtype.

        Raises:
            NetworkError: it raises, or it does not give a tensor.
            OutOfMemoryError: too little memory.
        """
        rows = self.rows if rows is None else rows
        size = max(1, _AT_ONCE // codes.shape[1])
        parts = np.split(codes, range(size, len(codes), size))
        return torch.cat([self.at_once(part, rows) for part in parts])

    def at_once(self, codes: Codes, rows: Sequence[int]) -> Tensor:
        """Floats (B, M, bins) as of a call, in one pass however many sequences (B, L) there are."""
        with torch.inference_mode():
            return self._called(torch.from_numpy(codes), rows).cpu()

    def _called(self, codes: Tensor, rows: Sequence[int]) -> Tensor:
        name = self.network.description.name
        with (
            one_pass(self.network, self.device, precision=self.precision, shape=codes.shape),
            adapter_errors(name),
        ):
            found: object = self.network(codes.to(self.device), list(rows))
        if not isinstance(found, Tensor):
            raise NetworkError(
                f"{name} gives a value of type {type(found).__name__}; expected a tensor of shape "
                "(B, tracks, bins)"
            )
        return found

    def gradient(self, codes: Codes, at: int) -> Tensor | None:
        """How much the outputs of one bin depend on each base, floats (B, L), for codes (B, L).

        None: the one-hot sequence was not found in the network, or nothing depends on it.
        """
        watch = _OneHot(codes.shape)
        with torch.enable_grad(), watch:
            found = self._called(torch.from_numpy(codes), self.rows)
        if watch.sequence is None or not found.requires_grad:
            return None
        signs = torch.arange(found.shape[1], device=found.device) % 2 * 2 - 1.0
        total = (found[:, :, at].float() * signs).sum()
        (gradient,) = torch.autograd.grad(total, watch.sequence, allow_unused=True)
        return None if gradient is None else self._by_base(gradient, codes.shape[1])

    def from_one_hot(self, codes: Codes) -> Tensor:
        """Floats (B, M, bins) of the one-hot sequence of codes (B, L), in a graph of its gradients.

        Raises:
            NetworkError: it raises.
        """
        network, unknown = self.network, self.network.description.unknown
        sequence = F.embedding(torch.from_numpy(codes).int(), letter_rows(unknown))
        with (
            torch.enable_grad(),
            one_pass(network, self.device, precision=self.precision, shape=codes.shape),
            adapter_errors(network.description.name),
        ):
            return called(network, sequence.to(self.device).requires_grad_(), self.rows).cpu()

    def one_hot(self, codes: Codes) -> Tensor | None:
        """The one-hot sequence that the network makes, floats (B, L, 4), of codes (B, L).

        None: it was not found in the network.
        """
        watch = _OneHot(codes.shape)
        with torch.enable_grad(), watch:
            self._called(torch.from_numpy(codes), self.rows)
        if watch.sequence is None:
            return None
        axis = _base_axis(watch.sequence, codes.shape[1])
        found = watch.sequence.detach().movedim(axis, 1)
        return found.reshape(*codes.shape, 4).cpu()

    @staticmethod
    def _by_base(gradient: Tensor, length: int) -> Tensor:
        """The absolute gradient (B, L) of a one-hot sequence of any layout."""
        axis = _base_axis(gradient, length)
        others = [at for at in range(1, gradient.dim()) if at != axis]
        return gradient.abs().sum(others).cpu()


def _base_axis(sequence: Tensor, length: int) -> int:
    """The axis of the bases."""
    return max(axis for axis in range(1, sequence.dim()) if sequence.shape[axis] == length)


class _OneHot(TorchFunctionMode):
    """Watches for the first tensor that holds four numbers per base: the one-hot sequence.

    Attributes:
        sequence: it, as part of the graph of gradients; None: not seen yet.
    """

    def __init__(self, shape: Sequence[int]) -> None:
        super().__init__()
        self.sequence: Tensor | None = None
        self._batch, self._length = shape

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        found = func(*args, **(kwargs or {}))
        if self.sequence is None and isinstance(found, Tensor) and self._holds(found):
            self.sequence = found if found.requires_grad else found.requires_grad_()
        return found

    def _holds(self, found: Tensor) -> bool:
        """Whether this is the sequence; a tensor of zeros is one that has yet to be filled."""
        return (
            found.is_floating_point()
            and found.dim() >= 3
            and found.numel() == self._batch * self._length * 4
            and {4, self._length} <= set(found.shape[1:])
            and bool(found.detach().any())
        )
