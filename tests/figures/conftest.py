"""Saliency made by hand, of the fields that the models' own has."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from regtrack.labels.marker import Marker
from regtrack.model_style import style_of
from regtrack.saliency.method import find_method
from regtrack.saliency.values import Curve, Saliency

MARKER = Marker("GM12878_CTCF", "TF", "GM12878", "CTCF")
START = 1_234_500


@pytest.fixture
def saliency() -> Callable[..., Saliency]:
    """Saliency of a model, drawn from its name, with outputs at one place in two stretches."""

    def make(
        model: str = "DILATED", length: int = 25_000, method: str = "gradient-norm"
    ) -> Saliency:
        rng = np.random.default_rng(len(model))
        how = find_method(method)
        values = rng.normal(size=how.shape(length)).astype(np.float32)
        codes = rng.integers(0, 4, length).astype(np.uint8)
        codes[length // 3] = 4
        if method == "gradient-norm":
            values = np.abs(values)
        if how.per_letter:
            values[np.arange(length), codes.clip(max=3)] = 0
        outputs = np.zeros(length, bool)
        outputs[length // 4 : length // 2] = outputs[-3] = True
        field = None if model == "BI-LSTM" else 460
        return Saliency("chr7", START, codes, values, outputs, how, MARKER, model, field)

    return make


@pytest.fixture
def curve() -> Callable[..., Curve]:
    """A curve that falls off by e every `reach` bp."""

    def make(model: str = "dilated", reach: float = 500.0, field: int | None = 10_930) -> Curve:
        distance = np.arange(-6_000, 6_001)
        mass = np.exp(-np.abs(distance) / reach)
        if field is not None:
            mass[np.abs(distance) > field / 2] = 0
        return Curve(style_of(model), MARKER, distance, mass / mass.sum(), 200, field)

    return make
