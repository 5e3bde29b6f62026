"""Networks fulfil the protocol; one that is no `TrackModel` is run all the same."""

from __future__ import annotations

import inspect
from collections.abc import Sequence

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from regtrack.models.network import TrackModel
from regtrack.models.registry import MODELS, build_model
from regtrack.predict.forward import forward
from regtrack.predict.network import Lendable, Network, Sighted


def members(protocol: type) -> dict[str, object]:
    """What a protocol asks for, by name."""
    return {name: value for name, value in vars(protocol).items() if not name.startswith("_")}


@pytest.mark.parametrize("name", MODELS)
def test_the_networks_of_the_paper_fulfil_it(name: str) -> None:
    model = build_model(name, 3)
    for protocol in (Sighted, Lendable, Network):
        for member, asked in members(protocol).items():
            assert hasattr(model, member)
            assert callable(getattr(model, member)) == inspect.isfunction(asked)
    assert isinstance(model.stride, int)
    assert model.flank is None or model.flank % model.stride == 0
    assert model.marker_count == 3


def test_logits_take_what_the_protocol_says() -> None:
    asked, given = (inspect.signature(one.logits) for one in (Network, TrackModel))
    assert list(asked.parameters) == list(given.parameters)
    assert [p.default for p in asked.parameters.values()] == [
        p.default for p in given.parameters.values()
    ]


class Counts(nn.Module):
    """Marker m shows m times the code at each base; nothing but what the protocol asks for."""

    name, stride, flank, marker_count = "counts", 1, 0, 3

    def logits(self, codes: Tensor, markers: Tensor | Sequence[int] | None = None) -> Tensor:
        rows = torch.as_tensor(range(3) if markers is None else markers)
        return codes[:, None] * rows[:, None].float()


def test_another_network_is_run_by_the_protocol_alone() -> None:
    codes = np.array([[0, 1, 2, 3, 4]], dtype=np.uint8)
    found = forward(Counts(), codes, markers=[2, 1])
    assert found.tolist() == [[[0, 2, 4, 6, 8], [0, 1, 2, 3, 4]]]
