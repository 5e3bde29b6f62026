"""A model is borrowed and given back as it was."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from regtrack.predict.lending import borrowed

CPU = torch.device("cpu")


def state(model: nn.Module) -> list[object]:
    return [
        [(name, module.training) for name, module in model.named_modules()],
        [(name, p.device, p.requires_grad, p.data_ptr()) for name, p in model.named_parameters()],
    ]


def test_a_borrowed_model_comes_back_as_it_was(model: nn.Module) -> None:
    model.train()
    model.head.eval()  # a part that was frozen separately
    next(model.parameters()).requires_grad_(False)
    before = state(model)
    with borrowed(model, CPU) as lent:
        assert lent is model
        assert not any(module.training for module in model.modules())
    assert state(model) == before


def test_a_borrowed_model_comes_back_after_an_exception(model: nn.Module) -> None:
    before = state(model.train())
    with pytest.raises(ZeroDivisionError), borrowed(model, CPU):
        _ = 1 / 0
    assert state(model) == before


def test_a_move_to_a_device_is_undone(model: nn.Module) -> None:
    class Moves(nn.Module):
        """Records the devices that it is moved to."""

        def __init__(self) -> None:
            super().__init__()
            self.weight = nn.Parameter(torch.zeros(1))
            self.went: list[str] = []

        def to(self, device: torch.device) -> Moves:
            self.went.append(str(device))
            return self

    moves = Moves()
    with borrowed(moves, torch.device("cuda:3")):
        pass
    assert moves.went == ["cuda:3", "cpu"]
