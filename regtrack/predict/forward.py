"""One forward pass of a network over codes: logits and scores."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import cast

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from regtrack.genome.sequence import Codes, N, reverse_complement
from regtrack.predict.compiling import compiled_logits
from regtrack.predict.copies import Scores, to_device, to_host
from regtrack.predict.device import memory_errors
from regtrack.predict.lending import Lent, borrowed, shared_context
from regtrack.predict.network import Network, TrainedNetwork, traits_of
from regtrack.predict.precision import check_precision
from regtrack.predict.products import exact_products

Lengths = npt.NDArray[np.int64]

_PIECE = 16_384  # numbers; torch uses more threads from 32,768


def scores_of_codes(
    model: Network,
    codes: Codes | Tensor,
    *,
    markers: Sequence[int] | None = None,
    precision: str = "fp32",
    device: torch.device | None = None,
) -> Scores:
    """The sigmoid of the logits, float32 (B, M, L), as NumPy.

    Args:
        model: borrowed for the call; a loop over many sequences should borrow it once itself.
        codes: uint8 (B, L), A C G T N = 0 1 2 3 4.
        markers: rows of the last layer to compute, in this order; None: all.
        precision: `fp32`, in full even on devices that would round products to TF32, or `bf16`.
        device: where to compute; None: the CPU.

    Raises:
        DeviceError: an unknown precision.
        OutOfMemoryError: too little memory for so many bases at once.
    """
    found = forward(model, codes, markers=markers, precision=precision, device=device)
    return to_host(sigmoid(found))


def values_of_codes(
    model: Network,
    codes: Codes,
    *,
    markers: Tensor | Sequence[int] | None = None,
    precision: str = "fp32",
    device: torch.device | None = None,
    both_strands: bool = False,
    logits: bool = False,
    compiled: bool = False,
    lengths: Lengths | None = None,
    labelled: bool = False,
) -> Tensor:
    """Scores or logits along the forward strand, float32 (B, M, L), on the device.

    L is less by what the network crops. What already are scores or a signal stays as it is.

    Args:
        model: as `scores_of_codes`.
        codes: as `scores_of_codes`.
        markers: as `forward`.
        precision: as `scores_of_codes`.
        device: as `scores_of_codes`.
        both_strands: average the values of both strands instead of using the forward one.
        logits: logits instead of scores.
        compiled: as `forward`.
        lengths: as `forward`.
        labelled: as `forward`.

    Raises:
        DeviceError, OutOfMemoryError: as `forward`.
    """
    traits = traits_of(model)
    partners = _partners(traits.partners, markers)

    def run(codes: Codes, markers: Tensor | Sequence[int] | None) -> Tensor:
        found = forward(
            model, codes, markers=markers, precision=precision, device=device, compiled=compiled,
            lengths=lengths, labelled=labelled,
        )  # fmt: skip
        return found if logits or traits.values != "logits" else sigmoid(found)

    if not both_strands:
        return run(codes, markers)
    if lengths is None:
        return (run(codes, markers) + run(reverse_complement(codes), partners).flip(-1)) * 0.5
    turned = _turned(lengths, codes.shape[1])
    complement = np.take_along_axis(reverse_complement(codes)[:, ::-1], turned, axis=1)
    other = run(np.where(_beyond(lengths, codes.shape[1]), np.uint8(N), complement), partners)
    places = _turned(lengths - 2 * traits.crop, other.shape[2])
    index = to_device(places, other.device)[:, None].expand(-1, other.shape[1], -1)
    return (run(codes, markers) + other.gather(2, index)) * 0.5


def _partners(
    partners: tuple[int, ...] | None, markers: Tensor | Sequence[int] | None
) -> Tensor | Sequence[int] | None:
    """The rows of the other strand that say the same as some rows of this one."""
    if not partners:
        return markers
    if markers is None:
        return partners
    return [partners[row] for row in torch.as_tensor(markers).tolist()]


def _beyond(lengths: Lengths, length: int) -> npt.NDArray[np.bool_]:
    """Which positions are past the end of their row, bool (B, L)."""
    return np.arange(length) >= lengths[:, None]


def _turned(lengths: Lengths, length: int) -> Lengths:
    """For each position the one that takes its place if rows are turned round, int64 (B, L)."""
    places = np.arange(length)
    return np.where(_beyond(lengths, length), places, lengths[:, None] - 1 - places)


def forward(
    model: Network,
    codes: Codes | Tensor,
    *,
    markers: Tensor | Sequence[int] | None = None,
    precision: str = "fp32",
    device: torch.device | None = None,
    compiled: bool = False,
    lengths: Lengths | None = None,
    labelled: bool = False,
) -> Tensor:
    """The logits, float32 (B, M, L), on the device.

    Args:
        model: as `scores_of_codes`, like what follows it.
        codes: as `scores_of_codes`.
        markers: as `scores_of_codes`; a tensor on the device spares a copy at each pass.
        precision: as `scores_of_codes`.
        device: as `scores_of_codes`.
        compiled: use torch.compile, which takes about a minute per network and shape of codes.
        lengths: bp of each row, int64 (B,), if rows are padded with N to a common length; each gets
            the values that it would get alone, and any beyond its end. None: all have L bp. Not
            together with `compiled`.
        labelled: only the logits (B, M, P) that windows of a dataset have labels for, of a
            `TrainedNetwork`.

    Raises:
        DeviceError: as `scores_of_codes`, or the network cannot be compiled here.
        OutOfMemoryError: as `scores_of_codes`.
    """
    device = device or torch.device("cpu")
    with (
        torch.inference_mode(),
        one_pass(model, device, precision=precision, shape=codes.shape),
    ):
        bases = to_device(codes, device)
        if labelled:
            return cast(TrainedNetwork, model).labelled_logits(bases, markers).float()
        if compiled:
            return compiled_logits(model, bases, markers).float()
        if lengths is None:
            return model.logits(bases, markers).float()
        return model.logits(bases, markers, to_device(lengths, device)).float()


@contextmanager
def one_pass(
    model: Lent, device: torch.device, *, precision: str, shape: Sequence[int]
) -> Iterator[Lent]:
    """The model borrowed for one pass, at a precision.

    Args:
        model: the network.
        device: where to compute.
        precision: `fp32` or `bf16`.
        shape: of the codes, (B, L), for messages.

    Raises:
        DeviceError: an unknown precision.
        OutOfMemoryError: too little memory.
    """
    check_precision(precision)
    with (
        memory_errors(device, shape),
        borrowed(model, device),
        shared_context("products", "", exact_products),
        torch.autocast(
            device.type,
            dtype=torch.bfloat16,
            enabled=precision == "bf16",
            cache_enabled=False,  # all threads would share it, whose streams do not wait for it
        ),
    ):
        yield model


@torch.inference_mode()
def sigmoid(logits: Tensor) -> Tensor:
    """The sigmoid of floats of any shape, in place; the same bits for any number of threads.

    On the CPU torch rounds the last few numbers of each thread's share differently. A piece of
    `_PIECE` numbers is computed by one thread and has no such remainder.
    """
    if logits.device.type != "cpu":
        return logits.sigmoid_()
    logits = logits.contiguous()
    for piece in torch.split(logits.view(-1), _PIECE):
        piece.sigmoid_()
    return logits
