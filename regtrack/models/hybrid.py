"""The hybrid: motifs read at single bases, their context in blocks, and both joined."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from regtrack.models.blocks import Head, SamePadConv
from regtrack.models.context import Beside, Join, MaxDownsample, Residual
from regtrack.models.network import EMBEDDING, TrackModel
from regtrack.models.settings import FURTHEST, LONGEST, MOST_LAYERS, Settings

POOLED_WIDTH = 5  # of the convolution after the pooling, in blocks
RESIDUAL_WIDTH = 3  # of the dilated convolutions, in blocks


@dataclass(frozen=True)
class HybridSettings(Settings):
    """The hybrid.

    Attributes:
        width: of the first convolution (bp).
        dropout: fraction of activations dropped in training.
        block: bases of which the largest is kept, and whose context is shared (bp).
        dilations: of the residual blocks, in blocks of `block` bases.
        both_strands: whether both strands go through all blocks, so that the head reads the mean of
            their features: exactly equivariant, for twice the work below the head.
    """

    channel_roles: ClassVar[tuple[str, ...]] = ("at single bases", "of the context", "joined")

    channels: tuple[int, ...] = (96, 96, 64)
    width: int = 15
    dropout: float = 0.1
    block: int = 10
    dilations: tuple[int, ...] = (1, 2, 4, 8, 16, 32, 64, 128, 256)
    both_strands: bool = True

    def __post_init__(self) -> None:
        super().__post_init__()
        self._check_size("block", LONGEST)
        self._check("dilations", len(self.dilations) >= 1, "numbers of at least 1")
        self._check("dilations", len(self.dilations) <= MOST_LAYERS, f"at most {MOST_LAYERS}")
        self._check_size("dilations", FURTHEST)


def build_hybrid(marker_count: int, settings: HybridSettings) -> TrackModel:
    """A convolution at single bases, its context by pooling and residual blocks, and their join."""
    fine, coarse, joined = settings.channels
    after = settings.after_conv()
    residuals = [
        Residual(coarse, RESIDUAL_WIDTH, after, depth=len(settings.dilations), dilation=dilation)
        for dilation in settings.dilations
    ]
    context = [
        MaxDownsample(settings.block),
        SamePadConv(fine, coarse, POOLED_WIDTH, after),
        *residuals,
    ]
    return TrackModel(
        "hybrid",
        settings.to_dict(),
        trunk=[
            SamePadConv(EMBEDDING, fine, settings.width, after),
            Beside(context),
            Join(fine, coarse, joined, settings.block, after),
        ],
        head=Head(joined, settings.hidden, marker_count, settings.dropout),
        conjoined=settings.both_strands,
    )
