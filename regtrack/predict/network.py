"""The interfaces of networks that are scored and swept along a genome.

regtrack runs a `Network`; `regtrack.models.network.TrackModel` is one. Other people's networks say
what they are in a description, as `SequenceNetwork`, from which `regtrack.predict.fitted.Fitted`
makes a `Network`. docs/networks.md is their page.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

import numpy as np
import numpy.typing as npt

from regtrack.genome.sequence import Codes
from regtrack.predict.calls import Seam
from regtrack.predict.description import NetworkDescription, Values

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

    @property
    def receptive_field(self) -> int | None:
        """The largest span on which one output depends (bp); None: unbounded."""

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


class Explainable(Network, Protocol):
    """A network that can be told apart into its input, C numbers per base, and what follows.

    Gradients are taken at the input, if its `traits` say so.
    """

    @property
    def letters(self) -> Tensor:
        """The input for each letter, floats (5, C): A C G T N."""

    def embedded(self, codes: Tensor) -> Tensor:
        """The input, floats (B, L, C), for codes (B, L)."""

    def logits_from_embedded(
        self,
        embedded: Tensor,
        markers: Tensor | Sequence[int] | None = None,
        lengths: Tensor | None = None,
    ) -> Tensor:
        """As `logits`, floats (B, M, L), of an input (B, L, C)."""


class TrainedNetwork(Network, Protocol):
    """A network that was trained on the windows of a dataset."""

    def labelled_logits(
        self, codes: Tensor, markers: Tensor | Sequence[int] | None = None
    ) -> Tensor:
        """Logits, floats (B, M, P), of windows of codes (B, L): one per label, as in training.

        Args:
            codes: uint8 (B, L); L is that of a window of the dataset.
            markers: as in `logits`.
        """


@dataclass(frozen=True, slots=True)
class Traits:
    """In what a network may differ from the plain case, which the defaults are.

    Attributes:
        values: what it calls logits: `logits`, or already `scores` or another `signal`.
        crop: bp at each end of a read that get no output: codes (B, L) give (B, M, L - 2 crop). A
            read may go past the ends of a chromosome by as much, with N.
        whole: whether reads keep to multiples of the stride, with N past the chromosome's end.
        bin: bp with one common value.
        seam: how reads are joined; None: `exact` if there is a flank, else `centre`.
        partners: for each row the one that says the same of the other strand; None: there is a
            track of one strand without a partner, so that strands cannot be averaged; empty: each
            row is its own partner.
        least: bp to read on each side where no flank suffices, at least.
        answers: for codes (L,), which of the L - 2 crop outputs have a value, bool; None: all that
            are not N.
        gradients: whether gradients can be taken at its input, as an `Explainable`.
    """

    values: Values = "logits"
    crop: int = 0
    whole: bool = False
    bin: int = 1
    seam: Seam | None = None
    partners: tuple[int, ...] | None = ()
    least: int = 0
    answers: Callable[[Codes], npt.NDArray[np.bool_]] | None = None
    gradients: bool = True


_PLAIN = Traits()


def traits_of(network: ReadRequirements) -> Traits:
    """The `traits` of a network; those of the plain case, or of its `step`, if it has none."""
    found: Traits | None = getattr(network, "traits", None)
    if found is not None:
        return found
    step = getattr(network, "step", 1)
    return _PLAIN if step == 1 else Traits(whole=True, bin=step)


def answered(
    network: ReadRequirements, codes: Codes, kept: slice, *, both_strands: bool
) -> npt.NDArray[np.bool_] | None:
    """Which of the outputs kept of a read have a value, bool; None: all that are not N.

    Args:
        network: what reads.
        codes: what is read, uint8 (L,).
        kept: outputs of the read, as in `regtrack.predict.reading.Strip.kept`.
        both_strands: whether the reverse complement is read too.
    """
    answers = traits_of(network).answers
    if answers is None:
        return None
    found = answers(codes)
    if both_strands:
        found = found & answers(codes[::-1])[::-1]
    return found[kept]


def seam_of(network: ReadRequirements) -> Seam:
    """How reads of a network are joined."""
    return traits_of(network).seam or ("centre" if network.flank is None else "exact")


class SequenceNetwork(Lendable, Protocol):
    """Any torch module that says what it is and takes codes: the contract of docs/networks.md."""

    @property
    def description(self) -> NetworkDescription:
        """What the network says of itself."""

    def __call__(self, codes: Tensor, rows: Sequence[int]) -> Tensor:
        """The values of some tracks, floats (B, len(rows), bins), of codes (B, L).

        Args:
            codes: uint8 (B, L), A C G T N = 0 1 2 3 4. L is the described length, or any other that
                is a multiple of the grid besides the crop.
            rows: the tracks to return, by their index, in this order.

        Returns:
            One value per track and bin: L less the crop is `bins` times the bp of a bin.
        """


class OneHotCall(Protocol):
    """What a `SequenceNetwork` has besides if gradients can be taken at its one-hot sequence."""

    def from_one_hot(self, sequence: Tensor, rows: Sequence[int]) -> Tensor:
        """The values of a call, floats (B, len(rows), bins), of one-hot sequence (B, L, 4).

        Args:
            sequence: floats, in the order A C G T; N as described. With `code` for N it has a fifth
                column, which is 1 there.
            rows: the tracks to return, by their index, in this order.
        """


class NamedNetwork(Protocol):
    """A network and the names of its markers; `regtrack.checkpoint.Checkpoint` is one."""

    @property
    def model(self) -> Network:
        """The network."""

    @property
    def marker_names(self) -> Sequence[str]:
        """The M names, one per row of the last layer, in order."""
