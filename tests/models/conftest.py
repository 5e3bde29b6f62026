"""What the tests of the networks share: small ones, every path alive, and what they depend on."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import torch

from regtrack.models.blocks import PassNorm
from regtrack.models.network import TrackModel
from regtrack.models.registry import build_model

SMALL: dict[str, dict[str, Any]] = {
    "cnn1": {"channels": [6]},
    "cnn3": {"channels": [6, 8, 5]},
    "cnn7": {"channels": [6, 8, 5]},
    "id-cnn": {"channels": [5, 6, 8, 5]},
    # a maximum hides what it does not choose: more channels, more choices
    "dilated": {"channels": [12, 16, 24]},
    "bi-lstm": {"channels": [6, 5], "lstm_hidden": 4},
    "hybrid": {"channels": [12, 10, 6], "dilations": [1, 2, 4]},
}


@pytest.fixture
def lively() -> Callable[..., TrackModel]:
    """A builder of small networks in float64 and evaluation mode, with statistics not at rest."""

    def build(name: str, marker_count: int = 3, **settings: Any) -> TrackModel:
        generator = torch.Generator().manual_seed(7)
        torch.manual_seed(7)
        model = build_model(name, marker_count, **{"hidden": 7} | SMALL[name] | settings).double()
        for module in model.modules():
            if isinstance(module, PassNorm):
                shape = module.running_mean.shape
                module.running_mean.copy_(torch.randn(shape, generator=generator) / 4)
                module.running_var.copy_(torch.rand(shape, generator=generator) + 0.5)
                torch.nn.init.constant_(module.bias, 2.0)  # few units asleep
        torch.nn.init.constant_(model.head.hidden.bias, 2.0)
        return model.eval()

    return build


@pytest.fixture
def bases() -> Callable[..., torch.Tensor]:
    """Codes (1, L), A C G T and now and then N, of a seed."""

    def draw(length: int, seed: int = 0) -> torch.Tensor:
        generator = torch.Generator().manual_seed(seed)
        return torch.randint(0, 5, (1, length), generator=generator, dtype=torch.uint8)

    return draw


Seen = Callable[[TrackModel, int, int], torch.Tensor]


@pytest.fixture
def seen(bases: Callable[..., torch.Tensor]) -> Seen:
    """Which bases (L,) the logits at a position have a gradient to, in any of a few sequences.

    A maximum hides what it does not choose, so one sequence would not do.
    """

    def once(model: TrackModel, codes: torch.Tensor, position: int) -> torch.Tensor:
        embedded = model.embedded(codes).detach().requires_grad_()
        logits = model.logits_from_embedded(embedded)
        (gradient,) = torch.autograd.grad(logits[0, :, position].sum(), embedded)
        return gradient[0].abs().sum(1) > 0

    def look(model: TrackModel, position: int, length: int) -> torch.Tensor:
        return torch.stack([once(model, bases(length, seed), position) for seed in range(4)]).any(0)

    return look
