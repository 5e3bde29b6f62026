"""DILATED: convolutions whose dilation grows, with or without pooling."""

from __future__ import annotations

from dataclasses import dataclass

from regtrack.models.blocks import Block, Head, SamePool
from regtrack.models.cnn import CnnSettings, strided_trunk
from regtrack.models.network import TrackModel
from regtrack.models.settings import FURTHEST, MOST_LAYERS

POOLINGS = ("none", "max", "dilated")
POOL_WIDTH = 5


@dataclass(frozen=True)
class DilatedSettings(CnnSettings):
    """DILATED.

    Attributes:
        dilations: of the convolutions after the first one, in blocks of `width` bases.
        pooling: "none"; "max" after layers 1, 2 and 4; "dilated" after the last two
            convolutions, with the same dilations as theirs.
    """

    dilations: tuple[int, ...] = (3, 9, 27, 81)
    pooling: str = "none"

    def __post_init__(self) -> None:
        super().__post_init__()
        least = 1 if self.pooling == "none" else 3
        enough = len(self.dilations) >= least and min(self.dilations) >= 1
        self._check("dilations", enough, f"{least} or more numbers, each at least 1")
        self._check("dilations", len(self.dilations) <= MOST_LAYERS, f"at most {MOST_LAYERS}")
        self._check_size("dilations", FURTHEST)
        self._check("pooling", self.pooling in POOLINGS, " or ".join(POOLINGS))


def build_dilated(marker_count: int, settings: DilatedSettings) -> TrackModel:
    """A convolution of stride `width`, dilated ones, and back, with optional pooling in between."""
    return TrackModel(
        "dilated",
        settings.to_dict(),
        trunk=_pooled(strided_trunk(settings, settings.dilations), settings),
        head=Head(settings.channels[-1], settings.hidden, marker_count, settings.dropout),
    )


def _pooled(trunk: list[Block], settings: DilatedSettings) -> list[Block]:
    """Insert a pooling block after the layers (counted from 1) given by the kind of pooling."""
    blocks = []
    for layer, block in enumerate(trunk, 1):
        blocks.append(block)
        dilation = _pool_dilations(settings).get(layer)
        if dilation is not None:
            blocks.append(SamePool(POOL_WIDTH, dilation=dilation))
    return blocks


def _pool_dilations(settings: DilatedSettings) -> dict[int, int]:
    """Which layers are pooled, and the dilation of each pool."""
    if settings.pooling == "max":
        return {1: 1, 2: 1, 4: 1}
    if settings.pooling == "dilated":
        last = 1 + len(settings.dilations)
        return {last - 1: settings.dilations[-2], last: settings.dilations[-1]}
    return {}
