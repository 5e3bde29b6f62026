"""An error of 1, back-propagated from outputs to the input (Gupta and Rush 2017, figure 2).

The error is put on the **logit**; `regtrack.saliency.explained` says what that is.

The input of the network is the embedded sequence, or the one-hot sequence of a network that
regtrack did not train: four numbers per base. `gradient-norm` is the
Euclidean norm of the four numbers of the gradient at each base: the paper's "norm of the error to
the inputs".

`gradient-x-input` is signed. A letter's embedding times the gradient is the slope towards that
letter; the value of a base is the slope towards its own letter minus the mean over A, C, G and T.
To first order, this is how much the logits would fall if the base were replaced by a random letter.
The mean is subtracted because a shift of all embeddings, which the first bias can undo, would
otherwise change the value (Majdandzic et al. 2023, on the component of the gradient that leaves
the simplex of letters). N is not a letter, and gets 0.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn

from regtrack.errors import SaliencyError, invalid
from regtrack.genome.sequence import N
from regtrack.predict.adapter_errors import adapter_errors
from regtrack.predict.forward import one_pass
from regtrack.predict.lending import shared_context
from regtrack.predict.network import Explainable
from regtrack.saliency.bins import once_per_bin
from regtrack.saliency.explained import explained
from regtrack.saliency.method import GRADIENT_NORM, GRADIENT_X_INPUT, Method
from regtrack.saliency.values import Values

ErrorsOfLogits = Callable[[Tensor], Tensor]


def gradient_saliency(
    model: Explainable,
    codes: npt.NDArray[np.uint8] | Tensor,
    outputs: npt.NDArray[np.bool_] | Tensor,
    marker: int,
    *,
    method: str = GRADIENT_NORM.name,
    device: torch.device | None = None,
) -> Values:
    """The saliency of every base for selected outputs of one marker, float32 (B, L).

    Args:
        model: borrowed for the call, and returned unchanged.
        codes: uint8 (B, L), A C G T N = 0 1 2 3 4.
        outputs: the positions whose logit gets an error of 1, bool (B, L), less what the network
            crops.
        marker: a row of the last layer.
        method: `gradient-norm` or `gradient-x-input`.
        device: where to compute; default: the CPU.

    Raises:
        OutOfMemoryError: too little memory for so many bases at once.
        ValueError: a method that is not of one gradient.
    """
    known = {one.name: values_of for one, values_of in OF_GRADIENT.items()}
    if method not in known:
        raise ValueError(invalid("method", method, " or ".join(known)))
    gradient = input_gradient(model, codes, outputs, marker, device=device)
    embedding = model.letters.detach().cpu()
    found = known[method](gradient, torch.as_tensor(codes), embedding)
    values: Values = found.float().numpy()
    return values


def input_gradient(
    model: Explainable,
    codes: npt.NDArray[np.uint8] | Tensor,
    outputs: npt.NDArray[np.bool_] | Tensor,
    marker: int,
    *,
    device: torch.device | None = None,
) -> Tensor:
    """The gradient at the embedded input, floats (B, L, 4), on the CPU; see `gradient_saliency`."""
    device = device or torch.device("cpu")
    with differentiable(model, device, shape=codes.shape):
        errors = torch.as_tensor(outputs, device=device)[:, None]
        bases = torch.as_tensor(codes, device=device)
        (gradient,) = propagate(model, bases, lambda _: errors, [marker])
    return gradient.cpu()


@contextmanager
def differentiable(
    model: Explainable, device: torch.device, *, shape: Sequence[int], precision: str = "fp32"
) -> Iterator[Explainable]:
    """The model for one pass in which only the input has a gradient; returned unchanged.

    Several threads may use it at once; the weights stay frozen until the last one is done.

    Raises:
        DeviceError: an unknown precision.
        OutOfMemoryError: too little memory.
    """
    with (
        one_pass(model, device, precision=precision, shape=shape),
        torch.inference_mode(mode=False),
        torch.enable_grad(),
        shared_context(("frozen", id(model)), str(device), partial(_frozen, model)),
    ):
        yield model


@contextmanager
def _frozen(model: Explainable) -> Iterator[None]:
    """Weights without gradients, and recurrent layers in the mode in which cuDNN has some."""
    learnt = [parameter for parameter in model.parameters() if parameter.requires_grad]
    recurrent = [module for module in model.modules() if isinstance(module, nn.RNNBase)]
    dropout = [module.dropout for module in recurrent]
    try:
        for parameter in learnt:
            parameter.requires_grad_(False)
        for module in recurrent:
            module.dropout = 0.0
            module.train()  # until it is given back
        yield
    finally:
        for parameter in learnt:
            parameter.requires_grad_(True)
        for module, share in zip(recurrent, dropout, strict=True):
            module.dropout = share


def propagate(
    model: Explainable,
    codes: Tensor,
    choose: ErrorsOfLogits,
    markers: Sequence[int],
    lengths: Tensor | None = None,
) -> Iterator[Tensor]:
    """The gradient, floats (B, L, 4), at the embedded input for each marker's selected logits.

    Args:
        model: as lent by `differentiable`.
        codes: on its device, uint8 (B, L).
        choose: returns errors (B, M, L), or something that broadcasts to them, from logits
            (B, M, L); L is less than that of the codes by what the network crops.
        markers: M rows of the last layer.
        lengths: bp of each row, int64 (B,), if rows are padded with N; none of their errors may be
            beyond.

    Raises:
        SaliencyError: the logits have no gradient at the input.
        NetworkError: the network raises.
    """
    embedded = model.embedded(codes).requires_grad_()
    logits = explained(model, model.logits_from_embedded(embedded, markers, lengths))
    check_followed(model, logits)
    errors = choose(logits.detach()).to(logits.dtype).expand_as(logits)
    for row in range(len(markers)):
        with adapter_errors(model.name):
            (gradient,) = torch.autograd.grad(
                logits[:, row], embedded, errors[:, row], retain_graph=row + 1 < len(markers)
            )
        yield gradient


def check_followed(model: Explainable, logits: Tensor) -> None:
    """Refuse logits, floats (B, M, L), that torch cannot differentiate by the input.

    Raises:
        SaliencyError: the network cut the graph of gradients.
    """
    if not logits.requires_grad:
        raise SaliencyError(
            f"the values of {model.name} have no gradient at its one-hot sequence; compute them "
            "from it by operations of torch, without detach, no_grad or NumPy, or choose the "
            "`method` ism"
        )


def norm_of(gradient: Tensor, _codes: Tensor, _embedding: Tensor) -> Tensor:
    """The norm, floats (L,) or (B, L), of gradients (..., L, 4) at the embedded input."""
    return gradient.square().sum(-1).sqrt()


def times_input(gradient: Tensor, codes: Tensor, embedding: Tensor) -> Tensor:
    """Gradient x input (..., L), signed, of gradients (..., L, 4) at the embedded input.

    Args:
        gradient: floats (..., L, 4).
        codes: uint8, broadcastable to (..., L).
        embedding: one row per letter, floats (5, 4).
    """
    return (gradient * centred(embedding)[codes.long()]).sum(-1)


OF_GRADIENT: Mapping[Method, Callable[[Tensor, Tensor, Tensor], Tensor]] = {
    GRADIENT_NORM: norm_of,
    GRADIENT_X_INPUT: times_input,
}
"""Values (..., L) from gradients (..., L, 4), codes (..., L) and the embedding (5, 4)."""


def centred(embedding: Tensor) -> Tensor:
    """Each letter's row, floats (5, 4), minus the mean of the four letters' rows; N has zeros."""
    rows = embedding - embedding[:N].mean(dim=0)
    rows[N] = 0
    return rows


def over_threshold(threshold: float, codes: Tensor, size: int = 1) -> ErrorsOfLogits:
    """An error of 1 wherever the score is at least the threshold, except at N.

    Args:
        threshold: of the score; 0 selects every position.
        codes: uint8 (B, L).
        size: bp of a bin with one score, of which one base is selected.
    """
    least = torch.logit(torch.tensor(threshold, dtype=torch.float64)).item()
    known = once_per_bin(codes != N, size)[:, None]
    return lambda logits: (logits >= least) & known
