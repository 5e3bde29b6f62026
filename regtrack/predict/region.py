"""Scores or logits along a region of any length, as one array."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import torch
from torch import Tensor

from regtrack.errors import OutOfMemoryError
from regtrack.genome.interval import Interval
from regtrack.genome.sequence import Codes, N
from regtrack.genome.source import Source
from regtrack.machine.memory import usable_memory
from regtrack.predict.capacity import bases_at_once, memory_of
from regtrack.predict.copies import Scores, to_host
from regtrack.predict.device import memory_errors
from regtrack.predict.forward import values_of_codes
from regtrack.predict.lending import borrowed
from regtrack.predict.network import Network, answered
from regtrack.predict.reading import ReadRule, Strip, codes_of, default_window, strips_along
from regtrack.progress import SILENT, Progress


def values_along(
    network: Network,
    source: Source,
    interval: Interval,
    markers: Sequence[int],
    *,
    device: torch.device | None = None,
    precision: str = "fp32",
    both_strands: bool = False,
    logits: bool = False,
    progress: Progress = SILENT,
) -> Scores:
    """The values along an interval, NaN at N, float32 (M, L).

    They equal those that a sweep stores with its default window and flank: to float rounding those
    of one pass over the whole chromosome, or for a Bi-LSTM those of its windows of 25 kb. Besides
    the result, memory holds one strip, however long the interval is.

    Args:
        network: borrowed for the call, and given back as it was.
        source: the sequence.
        interval: on a chromosome of the source.
        markers: rows of the last layer, in this order.
        device: where to compute; None: the CPU.
        precision: `fp32` or `bf16`.
        both_strands: average the values of both strands.
        logits: logits instead of scores.
        progress: shows the bp done.

    Raises:
        DeviceError: an unknown precision.
        OutOfMemoryError: too little memory.
    """
    device = device or torch.device("cpu")
    _check_memory(len(interval), len(markers), default_window(network))
    found = np.full((len(markers), len(interval)), np.nan, dtype=np.float32)
    with borrowed(network, device), progress.task("Scoring", len(interval), "bp") as task:
        for strip, codes, values in values_by_strip(
            network, source, interval, markers,
            device=device, precision=precision, both_strands=both_strands, logits=logits,
        ):  # fmt: skip
            if values is not None:
                place = slice(strip.start - interval.start, strip.end - interval.start)
                known = codes != N
                found[:, place][:, known] = to_host(values)[:, known]
            task.advance(strip.end - strip.start)
    return found


def values_by_strip(
    network: Network,
    source: Source,
    interval: Interval,
    markers: Tensor | Sequence[int],
    *,
    device: torch.device,
    precision: str = "fp32",
    both_strands: bool = False,
    logits: bool = False,
) -> Iterator[tuple[Strip, Codes, Tensor | None]]:
    """The values of `values_along`, one strip after another, on the device.

    Args:
        network: a loop over several intervals should borrow it once itself.
        source: as `values_along`, like what follows it.
        interval: its outputs.
        markers: a tensor on the device spares a copy at each pass.
        device: where to compute.
        precision: `fp32` or `bf16`.
        both_strands: average the values of both strands.
        logits: logits instead of scores.

    Yields:
        A strip; the codes of its outputs, uint8 (L,), with N also where the network gives no value
        because of N nearby; and their values, float32 (M, L), which mean nothing at N. None instead
        of values if all codes are N.

    Raises:
        DeviceError, OutOfMemoryError: as `values_along`.
    """
    window = default_window(network)
    rule = ReadRule.of(network, both_strands=both_strands)
    for strip in strips_along(
        rule,
        interval,
        length=source.assembly.length(interval.chrom),
        size=max(bases_at_once(device, len(markers)), window),
        grid=window if network.flank is None else None,
    ):
        codes = codes_of(source, strip)
        of_outputs = codes[strip.crop]
        some = answered(network, codes, strip.kept, both_strands=both_strands)
        of_outputs = of_outputs if some is None else np.where(some, of_outputs, np.uint8(N))
        if (of_outputs == N).all():
            yield strip, of_outputs, None
            continue
        with memory_errors(device, (1, len(codes))):
            values = values_of_codes(
                network, codes[None],
                markers=markers, precision=precision, device=device,
                both_strands=both_strands, logits=logits,
            )  # fmt: skip
        yield strip, of_outputs, values[0, :, strip.kept]


def _check_memory(bases: int, markers: int, window: int) -> None:
    """Refuse a result that does not fit into memory.

    Raises:
        OutOfMemoryError: memory does not suffice.
    """
    needed, usable = 4 * bases * markers + memory_of(window, markers), usable_memory()
    if needed > usable:
        raise OutOfMemoryError(
            f"{markers:,} markers along {bases:,} bp take about {needed / 1e9:,.0f} GB of memory "
            f"and there are {usable / 1e9:,.0f} GB; choose a shorter region or fewer markers, or "
            "write tracks instead"
        )
