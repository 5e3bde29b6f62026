"""Integrated gradients (Sundararajan et al. 2017), by Captum, at the embedded input.

The path starts where every base is the mean of the four letters' embeddings: no particular letter.
The embedding of N would be a poor start, because training drops windows with many N, which leaves
its row close to its initial value. N stays N along the whole path, and gets 0.

The value of a base is then the mean, along the path, of what `gradient-x-input` is at its end. The
values add up to the change of the selected logits from the start of the path to the sequence, up to
the error of the sum over steps.
"""

from __future__ import annotations

import torch
from torch import Tensor

from regtrack.genome.sequence import Codes, N
from regtrack.predict.adapter_errors import adapter_errors
from regtrack.predict.network import Explainable
from regtrack.saliency.explained import explained
from regtrack.saliency.gradient import check_followed, differentiable
from regtrack.saliency.values import Completeness, Outputs

STEPS = 50  # Captum's default
_BASES = {"cpu": 100_000, "other": 1_000_000}  # bp that go through the model together


def integrated_gradients(
    model: Explainable,
    codes: Codes,
    outputs: Outputs,
    marker: int,
    *,
    steps: int = STEPS,
    device: torch.device | None = None,
) -> tuple[Tensor, Completeness]:
    """The integrated gradient of every base for the sum of selected logits, and its completeness.

    Args:
        model: borrowed for the call, and returned unchanged.
        codes: uint8 (L,), A C G T N = 0 1 2 3 4.
        outputs: the positions whose logits are added up, bool (L,), less what the network crops.
        marker: a row of the last layer.
        steps: points on the path; more make the sum more exact.
        device: where to compute; default: the CPU.

    Returns:
        Values, floats (L,), on the CPU, and what they add up to.

    Raises:
        OutOfMemoryError: too little memory.
    """
    # Captum imports matplotlib: only callers of this function wait for it
    from captum.attr import IntegratedGradients  # noqa: PLC0415

    device = device or torch.device("cpu")
    with differentiable(model, device, shape=(1, len(codes))), adapter_errors(model.name):
        counted = torch.as_tensor(outputs, device=device)

        def added(embedded: Tensor) -> Tensor:
            logits = explained(model, model.logits_from_embedded(embedded, [marker]))
            if embedded.requires_grad:
                check_followed(model, logits)
            return logits[:, 0, counted].sum(-1)

        embedded = model.embedded(torch.as_tensor(codes[None], device=device))
        at_once = _BASES.get(device.type, _BASES["other"]) // len(codes)
        start = no_letter(model, embedded, codes)
        found: Tensor = IntegratedGradients(added).attribute(
            embedded,
            baselines=start,
            n_steps=steps,
            internal_batch_size=max(1, at_once),
        )
        with torch.no_grad():
            change = float(added(embedded)) - float(added(start))
        values = found[0].sum(-1).detach().cpu()
        return values, Completeness(float(values.double().sum()), change)


def no_letter(model: Explainable, embedded: Tensor, codes: Codes) -> Tensor:
    """The start of the path, floats (1, L, C): the mean of the letters' embeddings, or N at N."""
    mean = model.letters[:N].mean(dim=0)
    unknown = torch.as_tensor(codes == N, device=embedded.device)[None, :, None]
    return torch.where(unknown, embedded, mean)
