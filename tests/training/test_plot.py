"""The plot of a run: what it shows, for one epoch, for many, and where scores are missing."""

from __future__ import annotations

import math
from pathlib import Path

import pytest
from matplotlib.image import imread

from regtrack.training.history import Epoch
from regtrack.training.plot import draw_history, spread


def epoch(number: int, **categories: float) -> Epoch:
    return Epoch(
        epoch=number,
        learning_rate=0.001,
        train_loss=1 / number,
        valid_loss=1.1 / number,
        categories=categories,
        seconds=1.0,
    )


@pytest.mark.parametrize("count", [1, 2, 60])
def test_any_number_of_epochs_can_be_plotted(tmp_path: Path, count: int) -> None:
    path = tmp_path / "metrics.png"
    for _ in range(2):  # the second replaces the first
        draw_history(
            [epoch(n, TF=0.1, DNase=0.1 + n / 100, odd=math.nan) for n in range(1, count + 1)],
            {"TF": 0.02, "DNase": 0.05, "odd": math.nan},
            path,
        )
    height, width, _ = imread(path).shape
    assert (width, height) == (1500, 600)
    assert list(tmp_path.iterdir()) == [path]


def test_names_keep_their_distance() -> None:
    heights = spread([0.30, 0.31, 0.1, 0.305], 0.05)
    assert heights == pytest.approx([0.30, 0.40, 0.1, 0.35])
    assert spread([], 1) == []
