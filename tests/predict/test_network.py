"""Networks fulfil the protocol; one that is not a `TrackModel` can be run too."""

from __future__ import annotations

import inspect
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from regtrack.genome.interval import Interval
from regtrack.models.network import TrackModel
from regtrack.models.registry import DENSE, build_model
from regtrack.predict.forward import forward
from regtrack.predict.network import Lendable, NamedNetwork, Network, ReadRequirements
from regtrack.predict.scores import scores_along
from tests.sweep.toys import Sequences, as_checkpoint, random_codes, small_model


def members(protocol: type) -> dict[str, object]:
    """The members that a protocol requires, by name."""
    return {name: value for name, value in vars(protocol).items() if not name.startswith("_")}


@pytest.mark.parametrize("name", DENSE)
def test_the_networks_of_the_paper_fulfil_it(name: str) -> None:
    model = build_model(name, 3)
    for protocol in (ReadRequirements, Lendable, Network):
        for member, required in members(protocol).items():
            assert hasattr(model, member)
            assert callable(getattr(model, member)) == inspect.isfunction(required)
    assert isinstance(model.stride, int)
    assert model.flank is None or model.flank % model.stride == 0
    assert model.marker_count == 3
    assert (model.reach is None) == (model.flank is None)
    if model.reach is not None and model.flank is not None:
        assert max(model.reach) <= model.flank < max(model.reach) + model.stride


def test_logits_take_the_parameters_of_the_protocol() -> None:
    required, found = (inspect.signature(one.logits) for one in (Network, TrackModel))
    assert list(required.parameters) == list(found.parameters)
    assert [p.default for p in required.parameters.values()] == [
        p.default for p in found.parameters.values()
    ]


class Counts(nn.Module):
    """Marker m has m times the code of each base; it has only what the protocol requires."""

    name, stride, flank, reach, marker_count = "counts", 1, 0, (0, 0), 3

    def logits(self, codes: Tensor, markers: Tensor | Sequence[int] | None = None) -> Tensor:
        rows = torch.as_tensor(range(3) if markers is None else markers)
        return codes[:, None] * rows[:, None].float()


def test_the_protocol_is_enough_to_run_a_network() -> None:
    codes = np.array([[0, 1, 2, 3, 4]], dtype=np.uint8)
    found = forward(Counts(), codes, markers=[2, 1])
    assert found.tolist() == [[[0, 2, 4, 6, 8], [0, 1, 2, 3, 4]]]


@dataclass(frozen=True)
class Named:
    """A network with names, without a checkpoint."""

    model: Counts
    marker_names: tuple[str, ...]


def test_names_are_all_that_scores_need_besides() -> None:
    codes = np.array([0, 1, 2, 3, 4], dtype=np.uint8)
    named = Named(Counts(), ("nothing", "once", "twice"))
    found = scores_along(
        named, Sequences({"chr1": codes}), Interval("chr1", 1, 5), [2, 1], logits=True
    )
    assert (found.model, found.markers) == ("counts", ("twice", "once"))
    assert found["twice"][:3].tolist() == [2, 4, 6]
    assert np.isnan(found.values[:, 3]).all()  # N


def test_a_checkpoint_is_a_named_network() -> None:
    checkpoint = as_checkpoint(small_model("cnn3"), Sequences({"chr1": random_codes(40)}).assembly)
    for member in members(NamedNetwork):
        assert hasattr(checkpoint, member)
    assert len(checkpoint.marker_names) == checkpoint.model.marker_count
    assert list(checkpoint.marker_names) == [marker.name for marker in checkpoint.markers]
