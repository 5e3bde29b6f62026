"""What of a network is explained, and whether gradients can be taken of it.

The error is put on the **logit**. The slope of the score itself, s (1 - s), vanishes where a model
is certain, and would hide what it is most certain of. Of a network that gives scores, their logit
is taken; a signal is explained as it is.
"""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from regtrack.errors import SaliencyError
from regtrack.predict.fitted import Fitted
from regtrack.predict.forward import one_pass
from regtrack.predict.logit import logit
from regtrack.predict.network import Network, traits_of
from regtrack.predict.one_hot import check_one_hot
from regtrack.saliency.method import ISM, Method

_TRIED = 200  # bp of outputs, at least, of the calls that are compared


def explained(model: Network, values: Tensor) -> Tensor:
    """The logits of what a network gives, or its signal, floats (B, M, L) as given."""
    return logit(values) if traits_of(model).values == "scores" else values


def check_gradients(model: Network, device: torch.device, method: Method | None = None) -> None:
    """Refuse a network of which no gradient can be taken, or that contradicts itself.

    Args:
        model: the network.
        device: where it will run.
        method: how it is explained; None: by gradients.

    Raises:
        SaliencyError: it is called with codes alone.
        NetworkError: it says something else of one-hot sequence than of codes.
    """
    if method == ISM:
        return
    if not traits_of(model).gradients:
        other = "" if method is None else "; or choose the `method` ism, which needs none"
        raise SaliencyError(
            f"{model.name} is called with codes alone, through which no gradient passes; give it "
            "from_one_hot(sequence, rows) too, for instance by deriving it from "
            f"regtrack.OneHotNetwork, or make it by regtrack.as_network{other}"
        )
    if isinstance(model, Fitted):
        _compare(model, device)


def _compare(model: Fitted, device: torch.device) -> None:
    """Whether one-hot sequence and codes give the same, for a random sequence."""
    length = -(-_TRIED // model.stride) * model.stride + 2 * model.calls.context
    codes = np.random.default_rng(0).integers(0, 4, (1, length), dtype=np.uint8)
    with one_pass(model, device, precision="fp32", shape=codes.shape), torch.inference_mode():
        bases = torch.as_tensor(codes, device=device)
        check_one_hot(
            model.network, model.logits_from_embedded(model.embedded(bases)), model.logits(bases)
        )
