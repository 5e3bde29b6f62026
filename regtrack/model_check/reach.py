"""How far an output depends on the sequence, by mutation and by gradient; and the crop's place."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import torch
from torch import Tensor

from regtrack.genome.sequence import Codes
from regtrack.model_check.probe import Probe, largest, size_of
from regtrack.model_check.sequences import mutated
from regtrack.model_check.values import Claim
from regtrack.predict.description import Sides

_PHASES = 4  # places within a period that are looked at
_LONGEST = 100_000  # bp of calls that are doubled until the reach is seen
_DRAWS = 16  # of sequences, until outputs depend on them
_SILENT = "not measurable: no mutation changes an output"
_NOTHING = 1e-9  # of the largest value: a smaller difference is none

Side = Literal["left", "right"]
_BOTH: tuple[Side, Side] = ("left", "right")


@dataclass(frozen=True)
class Reach:
    """How far outputs depend on the sequence.

    Attributes:
        mutated: bp to the left and right of an output's own bin, by mutation; negative if it does
            not even depend on all of that.
        gradient: likewise, by gradient; None: not known.
        whole: whether outputs depend on the first or last base of a call.
    """

    mutated: Sides
    gradient: Sides | None
    whole: bool

    @property
    def most(self) -> Sides:
        """The larger of both measures."""
        other = self.gradient or self.mutated
        return max(self.mutated[0], other[0]), max(self.mutated[1], other[1])

    def seen(self, bin: int) -> bool:  # noqa: A002 - the field's word
        """Whether an output, which stands for so many bp, was seen to depend on any base."""
        return sum(self.most) + bin > 0


def measure_reach(probe: Probe) -> Reach:
    """The reach of outputs in the middle of a call, which is made longer until it is seen."""
    found = _measured(probe)
    said = probe.said
    while found.whole and said.length is None and said.reached is not None:
        probe = probe.longer()
        if probe.length > _LONGEST:
            break
        found = _measured(probe)
    return found


def _measured(probe: Probe) -> Reach:
    said = probe.said
    period = max(1, said.period // said.bin)  # bins
    phases = range(0, period, -(-period // _PHASES))
    middle = [probe.bins // 2 + phase for phase in phases if probe.bins // 2 + phase < probe.bins]
    codes, slopes = _answered(probe, middle)
    values = probe.call(codes)
    seen = [slope for slope in slopes if slope is not None]
    gradient = (max(slope[0] for slope in seen), max(slope[1] for slope in seen)) if seen else None
    left, right = (
        max(
            _furthest(
                probe, codes, values[:, :, at], at=at, side=side, guess=slope and slope[number]
            )
            for at, slope in zip(middle, slopes, strict=True)
        )
        for number, side in enumerate(_BOTH)
    )
    first, last = (_edge(probe, at) for at in (min(middle), max(middle)))
    furthest = (left, right) if gradient is None else (
        max(left, gradient[0]), max(right, gradient[1])
    )  # fmt: skip
    whole = furthest[0] >= first[0] or furthest[1] >= last[1]
    return Reach((left, right), gradient, whole)


def _answered(probe: Probe, middle: Sequence[int]) -> tuple[Codes, list[Sides | None]]:
    """Sequences on which the outputs of some bins depend, and the reach of each by gradient.

    A trained network of ReLUs may be silent along most sequence, where nothing changes its outputs.
    """
    codes = probe.draw()
    if probe.call.one_hot(codes) is None:  # then there are no gradients to choose by
        return codes, [None] * len(middle)
    slopes = [_slope(probe, codes, at) for at in middle]
    for _ in range(_DRAWS):
        if None not in slopes:
            break
        codes = probe.draw()
        slopes = [_slope(probe, codes, at) for at in middle]
    return codes, slopes


def _edge(probe: Probe, at: int) -> Sides:
    """The bp of a call before and after the bin of an output."""
    start = probe.said.cropped[0] + at * probe.said.bin
    return start, probe.length - start - probe.said.bin


def _furthest(
    probe: Probe, codes: Codes, unchanged: Tensor, *, at: int, side: Side, guess: int | None
) -> int:
    """The bp from an output's bin to the furthest base on one side that it depends on.

    What is further than a distance is mutated as a whole, and the distance found by bisection.

    Args:
        probe: what to measure with.
        codes: uint8 (B, L).
        unchanged: the outputs (B, M) for these.
        at: their bin.
        side: where to look.
        guess: the distance by gradient (bp), which is tried first.
    """
    before, after = _edge(probe, at)
    start, end = before, before + probe.said.bin

    limit = (probe.call.relative * unchanged.abs()).clamp(min=_NOTHING * size_of(unchanged))

    def matters(distance: int) -> bool:
        """Whether bases at this distance (bp) or further change the output."""
        place = slice(0, start - distance + 1) if side == "left" else slice(
            end - 1 + distance, None
        )  # fmt: skip
        found = probe.call(mutated(codes, place, probe.generator))[:, :, at]
        return bool(((found - unchanged).abs() > limit).any())

    low, high = (-after, before + 1) if side == "left" else (-before, after + 1)
    if guess is not None and matters(guess):
        low = guess
        if high - low > 1 and not matters(guess + 1):
            return low
    while high - low > 1:  # it matters at `low`, as far as is known, and not at `high`
        between = (low + high) // 2
        low, high = (between, high) if matters(between) else (low, between)
    return low


def _slope(probe: Probe, codes: Codes, at: int) -> Sides | None:
    """The bp to the furthest bases with a gradient; None: there is none."""
    gradient: Tensor | None = probe.call.gradient(codes, at)
    if gradient is None:
        return None
    where = torch.nonzero(gradient.sum(0)).flatten()
    if not len(where):
        return None
    before, _ = _edge(probe, at)
    return before - int(where[0]), int(where[-1]) - (before + probe.said.bin - 1)


def check_reach(probe: Probe, found: Reach) -> Claim:
    """The measured reach against what the description says."""
    said = probe.said.reached
    claimed = "all of the call" if said is None else _sides(said)
    by_gradient = "" if found.gradient is None else f", {_sides(found.gradient)} by gradient"
    measured = "all of the call" if found.whole else f"{_sides(found.mutated)} by mutation"
    measured += "" if found.whole else by_gradient
    if not found.seen(probe.said.bin):
        return Claim("reach", claimed, _SILENT)
    wrong = ""
    fix: dict[str, Sides | None] = {}
    if said is not None:
        if found.whole:
            fix = {"reach": None}
            wrong = (
                f"reach: outputs depend on all of a call of {probe.length:,} bp, not on "
                f"{_sides(said)} bp; omit `reach`"
            )
        elif found.most[0] > said[0] or found.most[1] > said[1]:
            most = max(found.most[0], said[0]), max(found.most[1], said[1])
            fix = {"reach": most}
            wrong = (
                f"reach: outputs depend on {_sides(found.most)} bp to the left and right, not on "
                f"{_sides(said)}; set reach={_value(most)}"
            )
    return Claim("reach", claimed, measured, wrong, fix)


def check_place(probe: Probe, found: Reach) -> Claim:
    """Whether outputs lie where the description places them: they depend on their own bin."""
    left, right = found.most
    said = probe.said.cropped
    if not found.seen(probe.said.bin):
        return Claim("crop", _sides(said), _SILENT)
    wrong, fix = "", {}
    if min(left, right) < 0 and not found.whole and not _own_bin_matters(probe):
        off = (right - left) // 2
        crop = said[0] + off, said[1] - off
        fix = {"crop": crop} if min(crop) >= 0 else {}
        wrong = (
            f"crop: an output depends on no base of its own bin, but on bases "
            f"{abs(off):,} bp further {'right' if off > 0 else 'left'}; "
            + (f"set crop={_value(crop)}" if min(crop) >= 0 else "correct the crop")
        )
    off_centre = f"{_sides(said)}, what outputs see lies {(right - left) / 2:+,.0f} bp off centre"
    measured = "not known" if found.whole else off_centre
    return Claim("crop", _sides(said), measured, wrong, fix)


def _own_bin_matters(probe: Probe) -> bool:
    """Whether a mutation of its own bin changes the output in the middle, of many sequences."""
    at = probe.bins // 2
    start, _ = _edge(probe, at)
    for _ in range(_DRAWS):
        codes = probe.draw()
        some = mutated(codes, slice(start, start + probe.said.bin), probe.generator)
        before, after = (probe.call(one)[:, :, at] for one in (codes, some))
        if largest(before, after) > probe.call.rounding * size_of(before):
            return True
    return False


def notes_on(probe: Probe, found: Reach) -> tuple[str, ...]:
    """What the reach tells about a better description."""
    said, (left, right) = probe.said, found.most
    notes = []
    if not found.seen(said.bin):
        return ()
    if said.reached is None and not found.whole:
        notes.append(
            f"outputs depend on {_sides(found.most)} bp to the left and right alone: with "
            f"reach={_value(found.most)} a sweep has no seams"
        )
    if not found.whole and left != right and min(left, right) >= 0 and (left + right) % 2 == 0:
        off = (right - left) // 2
        if min(said.cropped[0] + off, said.cropped[1] - off) >= 0 and any(said.cropped):
            notes.append(
                f"outputs depend on {left:,} bp to the left and {right:,} to the right; if the "
                f"network is symmetric, crop is {(said.cropped[0] + off, said.cropped[1] - off)}"
            )
    return tuple(notes)


def _sides(sides: Sides) -> str:
    return f"{sides[0]:,}" if sides[0] == sides[1] else f"{sides[0]:,} and {sides[1]:,}"


def _value(sides: Sides) -> str:
    return f"{sides[0]}" if sides[0] == sides[1] else f"({sides[0]}, {sides[1]})"
