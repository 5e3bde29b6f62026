"""Tracks of both strands, from a network that reads the sequence of one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import torch
from torch import Tensor
from typing_extensions import override

from regtrack.errors import NetworkError
from regtrack.predict.description import NetworkDescription
from regtrack.predict.network import SequenceNetwork
from regtrack.predict.one_hot import Wrapped, called, complement

_SUFFIX = {"+": ".plus", "-": ".minus"}


class TwoStrands(Wrapped):
    """Each track of a network twice: for the strand that is read, and for the other one.

    The second half of the tracks is computed from the reverse complement and reversed back. Each
    half is computed only if one of its tracks is asked for.

    Args:
        network: reads one strand; its tracks are of no strand yet.

    Raises:
        NetworkError: its tracks have strands, or it does not crop and reach alike on both sides.
    """

    def __init__(self, network: SequenceNetwork) -> None:
        super().__init__(network, _doubled(network.description))

    @override
    def values(self, sequence: Tensor, rows: Sequence[int]) -> Tensor:
        """The values, floats (B, rows, bins), of codes (B, L) or one-hot sequence (B, L, 4)."""
        count = len(self.network.description.outputs)
        here = [row for row in rows if row < count]
        there = [row for row in rows if row >= count]
        parts = [called(self.network, sequence, here)] if here else []
        if there:
            found = called(self.network, complement(sequence), [row - count for row in there])
            parts.append(found.flip(2))
        place = {row: at for at, row in enumerate([*here, *there])}
        return torch.cat(parts, dim=1)[:, [place[row] for row in rows]]


def two_strands(network: SequenceNetwork) -> TwoStrands:
    """A network that reads one strand, with each of its tracks for both.

        network = regtrack.two_strands(regtrack.as_network(module, ["donor"], crop=200, reach=200))
        [track.name for track in network.description.outputs]  # donor.plus, donor.minus

    Args:
        network: its tracks have no strand yet, and it crops as much on the left as on the right.

    Raises:
        NetworkError: it has tracks of one strand, or is not alike on both sides.
    """
    return TwoStrands(network)


def _doubled(one: NetworkDescription) -> NetworkDescription:
    if any(track.strand != "." for track in one.outputs):
        raise NetworkError(
            f"{one.name} already has tracks of one strand; expected tracks without a strand"
        )
    if one.cropped[0] != one.cropped[1]:
        raise NetworkError(
            f"{one.name} crops {one.cropped[0]:,} bp on the left and {one.cropped[1]:,} on the "
            "right, so that the outputs of both strands lie apart; expected the same on both sides"
        )
    tracks = [
        replace(
            track,
            name=track.name + _SUFFIX[strand],
            strand=strand,
            partner=track.name + _SUFFIX["-" if strand == "+" else "+"],
        )
        for strand in _SUFFIX
        for track in one.outputs
    ]
    reach = None if one.reached is None else max(one.reached)
    return replace(one, tracks=tracks, reach=reach)
