"""The settings that a run has unless it is told otherwise."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from regtrack.training.config import TrainingConfig

# chosen on three block splits of ten real megabases; docs/training.md says what each choice buys
_STANDARD = TrainingConfig(
    patience=0, batch_size=2, learning_rate=0.002, weight_decay=0.01, warmup=0.3, averaging=0.99,
    shift=10_000, cutout=0.15, loss_every=5,
)  # fmt: skip
# of windows with a label for their middle: a wide dense layer costs the same for any batch, a
# longer shift would leave the labelled bases, and one label is one loss; cutout was not studied
_STANDARD_SHORT = replace(
    _STANDARD, batch_size=32, learning_rate=0.001, shift=100, cutout=0.0, loss_every=1
)
# Gupta and Rush 2017: Adam at 0.001, batches of 8
_PAPER = TrainingConfig()

RECIPES: Mapping[str, tuple[TrainingConfig, TrainingConfig]] = {
    "standard": (_STANDARD, _STANDARD_SHORT),
    "paper": (_PAPER, replace(_PAPER, batch_size=64)),
}
"""By name: of datasets that label every base, and of those that label the middle of a window."""
