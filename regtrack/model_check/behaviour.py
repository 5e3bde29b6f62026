"""How a network behaves between calls: repeats, batches, rows, N, values and the other strand."""

from __future__ import annotations

import numpy as np
import torch

from regtrack.errors import NetworkError
from regtrack.genome.sequence import N, reverse_complement
from regtrack.model_check.probe import Probe, largest, size_of, stored
from regtrack.model_check.values import Claim
from regtrack.predict.one_hot import takes_one_hot

_BLOCK = 50  # N in the middle of a call (bp), at most


def check_repeats(probe: Probe) -> tuple[Claim, ...]:
    """Whether values depend on the sequence and the track alone."""
    codes = probe.draw()
    found = probe.call(codes)
    scale, rows = size_of(found), probe.call.rows
    again = largest(found, probe.call(codes))
    alone = largest(found[:1], probe.call(codes[:1]))
    last = largest(found[:, -1:], probe.call(codes, rows[-1:]))
    limit = probe.call.rounding * scale
    return (
        Claim(
            "determinism", "same values at every call", _differ(again),
            "" if again <= limit
            else f"determinism: two calls differ by up to {again:.2g}; seed what is random, or "
            "keep it out of evaluation mode",
        ),
        Claim(
            "batch", "values independent of the batch", _differ(alone),
            "" if alone <= limit
            else f"batch: a sequence alone and in a batch of {len(codes)} differs by up to "
            f"{alone:.2g}; normalise within each sequence, or by stored statistics",
        ),
        Claim(
            "rows", "only the tracks asked for, in their order", _differ(last),
            "" if last <= limit
            else f"rows: the last track alone and among all differs by up to {last:.2g}; return "
            "the rows asked for",
        ),
    )  # fmt: skip


def check_values(probe: Probe) -> Claim:
    """Whether values lie in the range of their kind."""
    found, kind = probe.call(probe.draw()).float(), probe.said.values
    low, high = float(found.min()), float(found.max())
    measured = f"{low:.4g} to {high:.4g}"
    wrong, fix = "", {}
    if not bool(found.isfinite().all()):
        wrong = "values: some are NaN or infinite, at which a sweep ends; mend the network"
    elif kind == "scores" and (low < 0 or high > 1):
        wrong = (
            f"values: scores lie from 0 to 1, and these from {measured}; set "
            'values="signal", or "logits" if a sigmoid makes scores of them'
        )
        fix = {"values": "signal"}
    return Claim("values", kind, measured, wrong, fix)


def check_unknown(probe: Probe) -> Claim:
    """What a block of N in the middle of a call does."""
    if probe.said.unknown == "refuse":
        return Claim("unknown", "refuse", "not given")
    said, codes = probe.said, probe.draw(count=1)
    middle, half = probe.length // 2, min(_BLOCK, probe.length // 4) // 2
    some = codes.copy()
    some[:, middle - half : middle + half] = N
    try:
        before, after = probe.call(codes), probe.call(some)
    except NetworkError as error:
        return Claim("unknown", said.unknown, f"raises: {error}", f"unknown: N raises: {error}")
    finite = bool(after.isfinite().all())
    moved = largest(stored(before, said), stored(after, said)) if finite else float("nan")
    measured = f"{2 * half} bp of N change values by up to {moved:.2g}"
    wrong, fix = "", {}
    if not finite:
        wrong = "unknown: N gives NaN or infinite values; encode it as zeros or quarters"
    if found := _encoded(probe, some, middle):
        measured = f"{found}: {measured}"
        if said.unknown not in {found, "code"} and not wrong:
            wrong = f'unknown: N enters as {found}, not {said.unknown}; set unknown="{found}"'
            fix = {"unknown": found}
    return Claim("unknown", said.unknown, measured, wrong, fix)


def _encoded(probe: Probe, codes: np.ndarray, at: int) -> str:
    """What N is in the one-hot sequence; empty if that is not seen."""
    sequence = probe.call.one_hot(codes)
    if sequence is None:
        return ""
    here = sequence[0, at]  # four numbers
    if bool((here == 0).all()):
        return "zeros"
    return "quarter" if bool((here == 0.25).all()) else ""


def check_gradients(probe: Probe) -> Claim:
    """Whether the network can be explained by gradients at its one-hot sequence."""
    if not takes_one_hot(probe.call.network):
        return Claim("gradients", "none", "called with codes alone")
    codes = probe.draw(count=1)
    found, expected = probe.call.from_one_hot(codes), probe.call(codes)
    apart = largest(found.detach(), expected) if found.shape == expected.shape else float("inf")
    wrong = ""
    if apart > probe.call.rounding * size_of(expected):
        wrong = "gradients: from_one_hot gives other values than the same sequence as codes"
    elif not found.requires_grad:
        wrong = (
            "gradients: values have none at the one-hot sequence; compute them by operations of "
            "torch, without detach, no_grad or NumPy"
        )
    return Claim("gradients", "at one-hot sequence", f"values {_differ(apart)}", wrong)


def check_strands(probe: Probe) -> Claim:
    """How far the values of the reverse complement agree with those of the sequence."""
    said, partners = probe.said, probe.said.partners
    if partners is None:
        return Claim("strands", "tracks of one strand", "not compared: no partners are named")
    codes, rows = probe.draw(), probe.call.rows
    here = stored(probe.call(codes), said)
    there = stored(probe.call(reverse_complement(codes), [partners[row] for row in rows]), said)
    there = there.flip(2)
    both = torch.stack([here.flatten(), there.flatten()])
    moved = float((here - there).abs().mean())
    together = float(torch.corrcoef(both)[0, 1]) if bool((both.std(1) > 0).all()) else 1.0
    measured = f"correlation {together:.3f} with the other, mean difference {moved:.2g}"
    return Claim("strands", "not claimed", measured)


def _differ(difference: float) -> str:
    return "equal" if difference == 0 else f"differ by up to {difference:.1g}"
