"""A small network and codes for it."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import nn

from regtrack.models.registry import build_model


@pytest.fixture
def model() -> nn.Module:
    torch.manual_seed(0)
    return build_model("cnn3", 5)


@pytest.fixture
def codes() -> np.ndarray:
    return np.random.default_rng(0).integers(0, 5, (2, 73), dtype=np.uint8)
