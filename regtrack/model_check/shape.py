"""Which lengths a network takes, and the shape of what it gives: bin, crop, dtype, rows."""

from __future__ import annotations

from typing import Any

from torch import Tensor

from regtrack.errors import NetworkError
from regtrack.model_check.probe import Probe
from regtrack.model_check.values import Claim

_STEPS = (1, 2, 3, 4, 5, 6, 8, 10, 12, 16, 20, 24, 25, 32, 40, 48, 50, 64, 80, 96, 100, 128, 192,
          200, 256, 384, 512, 1_024, 2_048)  # fmt: skip


def check_shape(probe: Probe) -> tuple[Claim, ...]:
    """The shape of one call, against what the description says.

    Raises:
        NetworkError: the network raises for the call that it is described to take.
    """
    said, codes = probe.said, probe.draw()
    rows = probe.call.rows
    found = probe.call(codes)
    expected = (len(codes), len(rows), probe.bins)
    named = f"{len(rows)} tracks" + (" asked for" if len(rows) < len(said.outputs) else "")
    wrong, fix = ("", {}) if tuple(found.shape) == expected else _why(probe, found)
    claims = [
        Claim(
            "shape",
            f"{_text(expected)} for {len(codes)} x {probe.length:,} bp, {named}",
            _text(found.shape),
            wrong,
            fix,
        )
    ]
    dtype = str(found.dtype).removeprefix("torch.")
    claims.append(
        Claim(
            "dtype", "floating point", dtype,
            "" if found.is_floating_point()
            else f"dtype: it gives {dtype}; return floating point, such as .float()",
        )
    )  # fmt: skip
    return tuple(claims)


def _why(probe: Probe, found: Tensor) -> tuple[str, dict[str, Any]]:
    """What about the shape is other than described, and the bin and crop that would fit."""
    said, text = probe.said, _text(found.shape)
    if found.dim() != 3 or found.shape[1] != len(probe.call.rows):
        return (
            f"shape: it gives {text} for {len(probe.call.rows)} tracks; return (B, tracks, bins), "
            "with a row for each track that is asked for"
        ), {}
    if said.length is None and (step := _step(probe)):
        return _off_grid(probe, step), {"grid": step}
    bin_, crop = _fitted(probe, found.shape[2])
    if bin_ is None:
        return (
            f"shape: it gives {found.shape[2]:,} bins for {probe.length:,} bp, which neither `bin` "
            "nor `crop` alone explains; correct both"
        ), {}
    fix = {"bin": bin_, "crop": (crop // 2, crop - crop // 2)}
    if bin_ != said.bin:
        return (
            f"bin: one output stands for {bin_:,} bp, not {said.bin:,}: it gives "
            f"{found.shape[2]:,} for {probe.length:,} bp; set bin={bin_}"
            + (f" and crop={_halves(crop)}" if crop != sum(said.cropped) else "")
        ), fix
    return (
        f"crop: {crop:,} bp of a call have no output, not {sum(said.cropped):,}; set "
        f"crop={_halves(crop)}"
    ), fix


def _fitted(probe: Probe, bins: int) -> tuple[int | None, int]:
    """The bp of a bin and of both crops together that explain the outputs of calls."""
    said, bin_ = probe.said, probe.said.bin
    if said.length is None:
        more = 8 * said.period
        other = probe.call(probe.draw(probe.length + more, 1)).shape[-1]
        bin_ = more // (other - bins) if other > bins and more % (other - bins) == 0 else 0
    elif said.length - bins * bin_ < 0 and sum(said.cropped) == 0 and said.length % bins == 0:
        bin_ = said.length // bins
    crop = probe.length - bins * bin_
    return (bin_ or None, crop) if bin_ and crop >= 0 else (None, 0)


def _halves(crop: int) -> str:
    return f"{crop // 2}" if crop % 2 == 0 else f"({crop // 2}, {crop - crop // 2})"


def check_lengths(probe: Probe) -> Claim:
    """Whether a network of any length takes every length on its grid."""
    said = probe.said
    if said.length is not None:
        return Claim("length", f"{said.length:,} bp", f"{said.length:,} bp")
    claimed = f"any multiple of {said.period:,} bp" + (" besides the crop" * any(said.cropped))
    if _takes(probe, said.period):
        return Claim("length", claimed, "as claimed")
    step = _step(probe)
    return Claim(
        "length",
        claimed,
        "some lengths do not fit" if step is None else f"multiples of {step:,} bp",
        _off_grid(probe, step),
        {} if step is None else {"grid": step},
    )


def _off_grid(probe: Probe, step: int | None) -> str:
    advice = "give its `length`" if step is None else f"set grid={step}"
    return (
        f"grid: not all calls of about {probe.length:,} bp give an output per "
        f"{probe.said.bin:,} bp; {advice}"
    )


def _step(probe: Probe) -> int | None:
    """The smallest number of bp beyond the grid whose multiples the network takes."""
    steps = (step for step in _STEPS if step > probe.said.grid)
    return next((step for step in steps if _takes(probe, step)), None)


def _takes(probe: Probe, step: int) -> bool:
    """Whether three lengths in a row, a step apart, give as many outputs as described."""
    said = probe.said
    crop = sum(said.cropped)
    first = -(-probe.outputs // step) * step
    for length in (first + step, first + 2 * step, first + 3 * step):
        try:
            found = probe.call(probe.draw(length + crop, 1))
        except NetworkError:
            return False
        if length % said.bin or found.shape[-1] != length // said.bin:
            return False
    return True


def _text(shape: tuple[int, ...]) -> str:
    return f"({', '.join(f'{size:,}' for size in shape)})"
