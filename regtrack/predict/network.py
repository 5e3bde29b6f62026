"""The interface that a network must have to be scored and swept along a genome."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    import torch
    from torch import Tensor, nn


class ReadRequirements(Protocol):
    """The properties that determine which bases a network must read for an output."""

    @property
    def stride(self) -> int:
        """The period of the network's positions (bp)."""

    @property
    def flank(self) -> int | None:
        """The bp to read on each side of an output, a multiple of the stride.

        With this flank the output equals that of one pass over the whole chromosome. None: no flank
        suffices, since an output depends on everything that is read (a Bi-LSTM).
        """


class Lendable(Protocol):
    """The methods of `torch.nn.Module` that are needed to borrow a network for a pass."""

    def to(self, device: torch.device) -> object:
        """Move the weights to a device."""

    def eval(self) -> object:
        """Switch to evaluation mode."""

    def modules(self) -> Iterator[nn.Module]:
        """The network itself and all of its submodules."""

    def parameters(self) -> Iterator[nn.Parameter]:
        """The weights, of any shape and dtype."""

    def buffers(self) -> Iterator[Tensor]:
        """Tensors that are not weights, such as running means; any shape and dtype."""


class Network(ReadRequirements, Lendable, Protocol):
    """A network that can be swept along a genome; `regtrack.models.network.TrackModel` is one.

    A network knows how many markers it predicts but not their names, which `NamedNetwork` adds.
    """

    @property
    def name(self) -> str:
        """The name that its files begin with."""

    @property
    def marker_count(self) -> int:
        """M, the number of markers: the rows of the last layer."""

    @property
    def reach(self) -> tuple[int, int] | None:
        """The largest distances to the left and right on which an output depends (bp).

        None: unbounded.
        """

    def logits(
        self,
        codes: Tensor,
        markers: Tensor | Sequence[int] | None = None,
        lengths: Tensor | None = None,
    ) -> Tensor:
        """Logits, floats (B, M, L), of codes (B, L): one per marker and base.

        Args:
            codes: uint8 (B, L), A C G T N = 0 1 2 3 4; L is at least 1.
            markers: rows of the last layer to compute, in this order; None: all.
            lengths: bp of each row, int64 (B,), if rows are padded with N to a common length; a row
                then gets the values that it would get alone. None: all rows have L bp.
        """


class NamedNetwork(Protocol):
    """A network and the names of its markers; `regtrack.checkpoint.Checkpoint` is one."""

    @property
    def model(self) -> Network:
        """The network."""

    @property
    def marker_names(self) -> Sequence[str]:
        """The M names, one per row of the last layer, in order."""
