"""Shared by the tests of saliency: small networks in float64, and sequences in memory."""

from __future__ import annotations

from typing import Any

import numpy as np

from regtrack.checkpoint import Checkpoint
from regtrack.models.network import TrackModel
from tests.sweep.toys import Sequences, as_checkpoint, intervals, random_codes, small_model

__all__ = [
    "BOUNDED", "MODELS", "Sequences", "as_checkpoint", "build", "checkpoint_of", "intervals",
    "one_chromosome", "random_codes", "some_outputs",
]  # fmt: skip

# each network, and what differs from its small default
MODELS: dict[str, dict[str, Any]] = {
    "cnn1": {},
    "cnn3": {},
    "cnn7": {},
    "dilated": {"width": 4, "dilations": [3, 9]},
    "dilated-max": {"width": 4, "dilations": [3, 9, 9], "pooling": "max"},
    "id-cnn": {"block": 6, "width": 3, "dilations": [2, 4]},
    "bi-lstm": {},
    "hybrid": {"block": 4, "width": 5, "dilations": [1, 2]},
    "hybrid-even": {"block": 4, "width": 4, "dilations": [1, 2]},
    "hybrid-strand": {"block": 4, "width": 5, "dilations": [1, 2], "both_strands": False},
}
BOUNDED = [name for name in MODELS if name != "bi-lstm"]


def build(name: str) -> TrackModel:
    """A small network of `MODELS`, in float64, whose every path is alive."""
    family = name.removesuffix("-max").removesuffix("-strand").removesuffix("-even")
    return small_model(family, **MODELS[name])


def checkpoint_of(name: str, source: Sequences) -> Checkpoint:
    """A checkpoint of a small network with three markers."""
    return as_checkpoint(build(name), source.assembly)


def some_outputs(length: int, seed: int = 1, share: float = 0.3) -> np.ndarray:
    """Outputs (L,) drawn at random."""
    return np.random.default_rng(seed).random(length) < share


def one_chromosome(length: int, seed: int = 0) -> Sequences:
    """A chromosome with a run of N."""
    return Sequences({"chr1": random_codes(length, seed, [(length // 3, length // 3 + 20)])})
