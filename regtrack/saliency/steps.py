"""The computation of each method of saliency: for one stretch of outputs, and for the sum.

There may be more outputs to explain than fit through a network at once. So they are taken one
stretch at a time, what each gives to a base is added up, and the sum becomes the base's value.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import torch
from torch import Tensor

from regtrack.genome.sequence import Codes
from regtrack.predict.network import Explainable
from regtrack.saliency.gradient import OF_GRADIENT, input_gradient
from regtrack.saliency.integrated import integrated_gradients
from regtrack.saliency.method import INTEGRATED_GRADIENTS, ISM, Method
from regtrack.saliency.mutagenesis import mutagenesis
from regtrack.saliency.values import Completeness, Outputs


@dataclass(frozen=True, eq=False)
class Stretch:
    """A stretch of outputs, read with everything that they depend on.

    Attributes:
        model: the network.
        row: of its last layer, for the marker.
        codes: what is read, uint8 (R,), A C G T N = 0 1 2 3 4.
        outputs: which positions are explained, bool (R,), less what the network crops.
        shown: the requested bases, B of them, as a slice of what is read.
        device: where to compute.
    """

    model: Explainable
    row: int
    codes: Codes
    outputs: Outputs
    shown: slice
    device: torch.device


@dataclass(frozen=True)
class Steps:
    """How a method computes.

    Attributes:
        columns: C, the numbers per base that are added up over stretches; None: those of the
            network's input.
        give: what a stretch gives to its B bases, floats (B, C), on the CPU, and for a complete
            method, how nearly that adds up.
        finish: values, floats (L,) or (L, 4), from sums (L, C), codes (L,) and the input for each
            letter (5, C), all on the CPU.
    """

    columns: int | None
    give: Callable[[Stretch], tuple[Tensor, Completeness | None]]
    finish: Callable[[Tensor, Tensor, Tensor], Tensor]


def _gradients(stretch: Stretch) -> tuple[Tensor, None]:
    """The gradient at the input, (B, C)."""
    found = input_gradient(
        stretch.model, stretch.codes[None], stretch.outputs[None], stretch.row,
        device=stretch.device,
    )  # fmt: skip
    return found[0, stretch.shown], None


def _integrated(stretch: Stretch) -> tuple[Tensor, Completeness]:
    """Integrated gradients, (B, 1)."""
    found, complete = integrated_gradients(
        stretch.model, stretch.codes, stretch.outputs, stretch.row, device=stretch.device
    )
    return found[stretch.shown, None], complete


def _mutants(stretch: Stretch) -> tuple[Tensor, None]:
    """The effects of substitutions, (B, 4)."""
    mutated = (stretch.shown.start, stretch.shown.stop)
    effects = mutagenesis(
        stretch.model, stretch.codes, stretch.outputs, stretch.row, mutated, device=stretch.device
    )
    return torch.as_tensor(effects), None


STEPS: Mapping[Method, Steps] = {
    **{method: Steps(None, _gradients, values_of) for method, values_of in OF_GRADIENT.items()},
    INTEGRATED_GRADIENTS: Steps(1, _integrated, lambda sums, *_: sums[:, 0]),
    ISM: Steps(4, _mutants, lambda sums, *_: sums),
}
