"""The examples of docs/families.md run, with small modules of the shapes that they name."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor

import regtrack

PAGE = Path(__file__).parents[2] / "docs" / "families.md"
EXAMPLES = dict(re.findall(r"^## (.+?)\n.*?```python\n(.*?)```", PAGE.read_text(), re.M | re.S))
NAMES = ["first", "second"]


class Toy(torch.nn.Module):
    """A module that is a function."""

    def __init__(self, function: Callable[[Tensor], Any]) -> None:
        super().__init__()
        self.forward = function


def smooth(x: Tensor, width: int) -> Tensor:
    """The share of each letter among some bases about each, (B, 4, L - width + 1)."""
    return torch.nn.functional.avg_pool1d(x, width, stride=1)


def tracks_of(x: Tensor, count: int) -> Tensor:
    """So many channels (B, count, L) of letters (B, 4, L)."""
    return torch.stack([x[:, index % 4] * (1 + index) for index in range(count)], 1)


MODULES = {
    "Convolutions that crop": lambda x: tracks_of(smooth(x, 2_001), 3),
    "One vector per call": lambda x: x[:, :2].mean(-1),
    "Profile and counts": lambda x: (x[:, :2, 557:-557], x.sum((1, 2))[:, None].log1p()),
    "Transformers with coarse bins": lambda x: {
        "human": x[:, 40_960:-40_960].unflatten(1, (896, 128)).mean(2).repeat(1, 1, 400)
    },
    "Tokens": lambda tokens: torch.stack([tokens == 7, tokens == 11], -1).float(),
    "Networks of gReLU": lambda x: x[:, :2].unflatten(2, (16, 128)).mean(-1),
}


def test_each_family_has_an_example() -> None:
    assert EXAMPLES.keys() == MODULES.keys()


@pytest.mark.parametrize("family", MODULES)
def test_an_example_gives_a_value_per_base_and_track(family: str) -> None:
    given: dict[str, Any] = {
        "module": Toy(MODULES[family]), "names": NAMES, "regtrack": regtrack, "torch": torch
    }  # fmt: skip
    exec(EXAMPLES[family], given)
    network = given["network"]
    letters = np.random.default_rng(0).choice(list("ACGT"), 3_000)
    found = regtrack.scores(network, "".join(letters))
    assert set(found.markers) == {track.name for track in network.description.outputs}
    values = np.array([found[marker] for marker in found.markers])
    assert values.shape == (len(found.markers), 3_000)
    assert np.isfinite(values).all()
    assert values.std() > 0
