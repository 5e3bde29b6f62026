"""How calls of a network cover the outputs of a read, from its description alone.

A network of any length is called once per read. One that takes a fixed length is called for
windows of that length, whose starts are `step` bp apart on a grid from the chromosome's first base,
so that values do not depend on how reads are cut. The seam is how neighbouring windows are joined:

- `exact`: the network says how far an output depends on its surroundings, and only outputs that see
  all of that are kept. The values are those of one pass over the whole chromosome.
- `centre`: an output depends on all of its call, and the network crops its ends. The outputs of
  windows are laid side by side.
- `blend`: an output depends on all of its call, and the network crops nothing. Windows overlap by
  half or more, and values are averaged with weights that fall linearly from the middle of a window
  to its ends.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, Self

from regtrack.predict.description import NetworkDescription, Sides

Seam = Literal["exact", "centre", "blend"]


@dataclass(frozen=True, slots=True)
class Calls:
    """How a read is cut into calls (bp).

    Attributes:
        seam: how neighbouring calls are joined.
        step: the period of the outputs: reads start and end at its multiples.
        left, right: what a read needs before its first output and after its last.
        flank: what it needs besides, a multiple of the step, since the network pads within a call;
            None: no such flank suffices.
        window: bp of one call; None: the whole read is one call.
        skipped: outputs of a call before the first that is kept.
        outputs: outputs of a call.
    """

    seam: Seam
    step: int
    left: int
    right: int
    flank: int | None = 0
    window: int | None = None
    skipped: int = 0
    outputs: int = 0

    @classmethod
    def of(cls, network: NetworkDescription) -> Self:
        """The calls for a network.

        >>> Calls.of(NetworkDescription("a", ["t"], crop=200, reach=200)).seam
        'exact'
        >>> Calls.of(NetworkDescription("a", ["t"], length=1000, bin=200, crop=400)).step
        200
        >>> Calls.of(NetworkDescription("a", ["t"], length=1000, bin=10)).step
        500
        """
        (left, right), reach = network.cropped, network.reached
        if network.length is None:
            flank = None if reach is None else max(_beyond(reach, network))
            return cls("centre" if flank is None else "exact", network.period, left, right, flank)
        outputs = network.length - left - right
        if reach is not None:
            before, after = _beyond(reach, network)
            if step := _down(outputs - before - after, network.period):
                return cls._windows(network, "exact", step, before)
        half = _down(outputs // 2, network.period)
        if left or right or not half:
            return cls._windows(network, "centre", _down(outputs, network.period) or outputs, 0)
        earlier = -(-outputs // half) - 1  # windows that begin before a read's first output
        return cls(
            "blend", half, earlier * half, outputs - half,
            window=network.length, outputs=outputs,
        )  # fmt: skip

    @classmethod
    def _windows(cls, network: NetworkDescription, seam: Seam, step: int, skipped: int) -> Self:
        """Windows of which `step` bp of outputs are kept, after those that are skipped."""
        assert network.length is not None
        left = network.cropped[0] + skipped
        return cls(
            seam, step, left, network.length - left - step,
            window=network.length, skipped=skipped, outputs=network.length - sum(network.cropped),
        )  # fmt: skip

    @property
    def context(self) -> int:
        """What a read has on each side of its outputs: the longer of `left` and `right` (bp).

        It is the same on both sides, so that the reverse complement of a read is a read too.
        """
        return max(self.left, self.right)


def _beyond(reach: Sides, network: NetworkDescription) -> Sides:
    """How far outputs look beyond what is cropped, rounded up to the network's period (bp)."""
    left, right = (
        _up(max(0, reach[side] - network.cropped[side]), network.period) for side in (0, 1)
    )
    return left, right


def _up(value: int, step: int) -> int:
    return -(-value // step) * step


def _down(value: int, step: int) -> int:
    return max(0, value // step * step)
