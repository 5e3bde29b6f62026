"""What a network has to offer, so that it can be swept along a genome and scored."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    import torch
    from torch import Tensor, nn


class Sighted(Protocol):
    """What decides which bases a network must read for an output."""

    @property
    def stride(self) -> int:
        """The bp at whose multiples the network's positions repeat."""

    @property
    def flank(self) -> int | None:
        """The bp to read on each side of an output, a multiple of the stride.

        With so many, the output is that of one pass over the whole chromosome. None: there is no
        such number, since an output depends on all that is read (a Bi-LSTM).
        """


class Lendable(Protocol):
    """What `torch.nn.Module` offers to whoever borrows it for a pass."""

    def to(self, device: torch.device) -> object:
        """Move the weights to a device."""

    def eval(self) -> object:
        """Switch to evaluation mode."""

    def modules(self) -> Iterator[nn.Module]:
        """The network itself and every part of it."""

    def parameters(self) -> Iterator[nn.Parameter]:
        """The weights, of any shape and dtype."""

    def buffers(self) -> Iterator[Tensor]:
        """Tensors of any shape and dtype beside the weights, such as running means."""


class Network(Sighted, Lendable, Protocol):
    """A network that can be swept along a genome; `regtrack.models.network.TrackModel` is one.

    A network knows how many markers it predicts, and not what they are called: their names belong
    to the checkpoint, one per row of the last layer.
    """

    @property
    def name(self) -> str:
        """What its files are called after."""

    @property
    def marker_count(self) -> int:
        """M, the number of markers that the last layer knows."""

    def logits(self, codes: Tensor, markers: Tensor | Sequence[int] | None = None) -> Tensor:
        """Logits, float (B, M, L), of codes (B, L): one per marker and base.

        Args:
            codes: uint8, A C G T N = 0 1 2 3 4, of any length from 1.
            markers: rows of the last layer to compute, in the order wanted; all where None.
        """
