"""The plain case of a network: a torch module of one-hot sequence, without writing a class."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Literal, get_args

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from typing_extensions import override

from regtrack.errors import NetworkError, invalid
from regtrack.predict.description import NetworkDescription, OutputTrack, Sides, Unknown, Values
from regtrack.predict.one_hot import OneHotNetwork, letter_rows

Layout = Literal["NCL", "NLC"]
Activation = Literal["none", "sigmoid", "softmax", "exp", "expm1", "softplus"]

_SCORES: frozenset[Activation] = frozenset({"sigmoid", "softmax"})
_FUNCTIONS: dict[Activation, Callable[[Tensor], Tensor]] = {
    "none": lambda x: x,
    "sigmoid": torch.sigmoid,
    "exp": torch.exp,
    "expm1": torch.expm1,
    "softplus": F.softplus,
}


class PlainNetwork(OneHotNetwork):
    """A module of one-hot sequence as a described network; `as_network` makes it.

    Args:
        module: one-hot sequence in, one row per channel out.
        description: what it is.
        layout: of what goes in and comes out: `NCL` or `NLC`.
        activation: applied to what comes out.
        axis: of a softmax, as in (B, channels, bins).
        channels: the channel of each track.
    """

    one_hot: Tensor

    def __init__(
        self,
        module: nn.Module,
        description: NetworkDescription,
        *,
        layout: Layout,
        activation: Activation,
        axis: int,
        channels: Sequence[int] | None,
    ) -> None:
        super().__init__()
        self.module = module
        self.description = description
        self.layout = layout
        self.activation: Activation = activation
        self.axis = axis
        self.channels = None if channels is None else list(channels)
        self.register_buffer("one_hot", letter_rows(description.unknown), persistent=False)

    @override
    def forward(self, codes: Tensor, rows: Sequence[int]) -> Tensor:
        """The values of some tracks, floats (B, len(rows), bins), of codes (B, L)."""
        return self.from_one_hot(F.embedding(codes.int(), self.one_hot), rows)

    @override
    def from_one_hot(self, sequence: Tensor, rows: Sequence[int]) -> Tensor:
        """The values of some tracks, floats (B, len(rows), bins), of one-hot sequence (B, L, 4)."""
        if self.layout == "NCL":
            sequence = sequence.transpose(1, 2).contiguous()
        found: Tensor = self.module(sequence)
        if found.dim() == 2:  # one channel, squeezed
            found = found[:, None]
        elif self.layout == "NLC":
            found = found.transpose(1, 2)
        return self._activated(found, self._channels(found, rows))

    def _channels(self, found: Tensor, rows: Sequence[int]) -> list[int]:
        """The channels of some tracks."""
        count, tracks = found.shape[1], len(self.description.outputs)
        if self.channels is None and count != tracks:
            raise NetworkError(
                f"{self.description.name} gives {count:,} channels for its {tracks:,} tracks; name "
                "each channel, or pass `channels` to choose some"
            )
        channels = list(range(count)) if self.channels is None else self.channels
        if max(channels) >= count:
            raise NetworkError(
                f"{self.description.name} gives {count:,} channels, so that there is no channel "
                f"{max(channels)}; expected 0 to {count - 1}"
            )
        return [channels[row] for row in rows]

    def _activated(self, found: Tensor, channels: list[int]) -> Tensor:
        """The values (B, len(channels), bins) of some channels of what came out."""
        if self.activation == "softmax":
            return found.float().softmax(self.axis)[:, channels]
        return _FUNCTIONS[self.activation](found[:, channels])


def as_network(
    module: nn.Module,
    tracks: Sequence[OutputTrack | str] | OutputTrack | str,
    *,
    name: str = "",
    layout: Layout = "NCL",
    unknown: Unknown = "zeros",
    crop: int | Sides = 0,
    reach: int | Sides | None = None,
    length: int | None = None,
    grid: int = 1,
    bin: int = 1,  # noqa: A002 - the field's word
    activation: Activation = "none",
    axis: int = 1,
    channels: Sequence[int] | None = None,
    values: Values | None = None,
) -> PlainNetwork:
    """A torch module of one-hot sequence as a network that can be scored and swept.

        network = regtrack.as_network(module, ["DNase"], crop=500, reach=500, activation="sigmoid")
        regtrack.predict_genome(network, "hg38.fa", "tracks")

    Args:
        module: takes one-hot sequence, A C G T, and returns one channel per track, in the same
            layout; a single channel may be squeezed.
        tracks: a name, or an `OutputTrack`, for each channel that becomes a track.
        name: the network's name, with which its files begin; default: the module's class.
        layout: `NCL` (channels before positions) or `NLC`.
        unknown: what N becomes: `zeros`, or a `quarter` in each row.
        crop: as in `NetworkDescription`, like the next four.
        reach: see there.
        length: see there.
        grid: see there.
        bin: see there.
        activation: what is applied to the module's outputs: `none`, `sigmoid`, `softmax`, `exp`,
            `expm1` or `softplus`.
        axis: of the softmax, as in (B, channels, bins): 1 for that over the channels.
        channels: of the module's channels the one of each track; default: all, in order.
        values: what the values then are; default: `scores` after a sigmoid or softmax, else
            `signal`. `logits` leaves the sigmoid to regtrack.

    Returns:
        The network; the module within it is not copied.

    Raises:
        NetworkError: no such layout or activation, or as `NetworkDescription`.
        MarkerError: a name that is not safe in file names.
    """
    for what, given, known in (
        ("layout", layout, get_args(Layout)),
        ("activation", activation, get_args(Activation)),
        ("unknown", unknown, ("zeros", "quarter", "refuse")),
    ):
        if given not in known:
            raise NetworkError(invalid(what, str(given), ", ".join(known)))
    description = NetworkDescription(
        name or type(module).__name__.lower(), tracks,
        values=values or ("scores" if activation in _SCORES else "signal"),
        length=length, grid=grid, bin=bin, crop=crop, reach=reach, unknown=unknown,
    )  # fmt: skip
    if channels is not None and len(channels) != len(description.outputs):
        raise NetworkError(
            f"found {len(channels)} `channels` for {len(description.outputs)} tracks; expected one "
            "for each"
        )
    return PlainNetwork(
        module, description, layout=layout, activation=activation, axis=axis, channels=channels
    )
