"""ID-CNN: one dilated block run three times with shared weights (Strubell et al. 2017)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from regtrack.models.blocks import Downsample, Head, SamePadConv, Upsample
from regtrack.models.network import EMBEDDING, TrackModel
from regtrack.models.settings import FURTHEST, LONGEST, MOST_LAYERS, MOST_PASSES, Settings


@dataclass(frozen=True)
class IdCnnSettings(Settings):
    """ID-CNN.

    Attributes:
        block: width of the first convolution, and width and stride of the down- and upsampling
            of the repeated block (bp).
        dilations: of the block's convolutions, in blocks of `block` bases.
        passes: how many times the block runs.
    """

    channel_roles: ClassVar[tuple[str, ...]] = ("at single bases", "first", "second", "the rest")

    channels: tuple[int, ...] = (50, 128, 240, 80)
    block: int = 20
    dilations: tuple[int, ...] = (3, 9, 27)
    passes: int = 3

    def __post_init__(self) -> None:
        super().__post_init__()
        self._check("dilations", len(self.dilations) >= 1, "numbers of at least 1")
        self._check("dilations", len(self.dilations) <= MOST_LAYERS, f"at most {MOST_LAYERS}")
        self._check_size("dilations", FURTHEST)
        self._check_size("block", LONGEST)
        self._check_size("passes", MOST_PASSES)


def build_id_cnn(marker_count: int, settings: IdCnnSettings) -> TrackModel:
    """A convolution at single bases, then the repeated block, with logits after each pass."""
    base, first, second, rest = settings.channels
    after = settings.after_conv(settings.passes)
    sizes = [first, second, *[rest] * (len(settings.dilations) - 1)]
    middle = [
        SamePadConv(inputs, outputs, settings.width, after, dilation=dilation)
        for inputs, outputs, dilation in zip(sizes, sizes[1:], settings.dilations, strict=False)
    ]
    return TrackModel(
        "id-cnn",
        settings.to_dict(),
        stem=[SamePadConv(EMBEDDING, base, settings.block, settings.after_conv())],
        trunk=[
            Downsample(base, first, settings.block, after),
            *middle,
            Upsample(sizes[-1], base, settings.block, after),
        ],
        head=Head(base, settings.hidden, marker_count, settings.dropout),
        passes=settings.passes,
    )
