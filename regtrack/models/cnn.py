"""CNN1, CNN3 and CNN7: convolutions without dilation."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from regtrack.models.blocks import Block, Downsample, Head, SamePadConv, Upsample
from regtrack.models.network import EMBEDDING, TrackModel
from regtrack.models.settings import Settings


@dataclass(frozen=True)
class Cnn1Settings(Settings):
    """CNN1: one convolution at single bases."""

    channel_roles: ClassVar[tuple[str, ...]] = ("first",)

    channels: tuple[int, ...] = (128,)


@dataclass(frozen=True)
class CnnSettings(Settings):
    """CNN3 and CNN7: convolutions on blocks of `width` bases."""

    channel_roles: ClassVar[tuple[str, ...]] = ("first", "second", "the rest")

    channels: tuple[int, ...] = (128, 240, 50)


def build_cnn1(marker_count: int, settings: Cnn1Settings) -> TrackModel:
    """One convolution at single bases and the dense head."""
    (first,) = settings.channels
    return TrackModel(
        "cnn1",
        settings.to_dict(),
        trunk=[SamePadConv(EMBEDDING, first, settings.width, settings.after_conv())],
        head=Head(first, settings.hidden, marker_count, settings.dropout),
    )


def build_cnn3(marker_count: int, settings: CnnSettings) -> TrackModel:
    """A convolution of stride `width`, another one, and upsampling to single bases."""
    return _strided("cnn3", marker_count, settings, narrow=0)


def build_cnn7(marker_count: int, settings: CnnSettings) -> TrackModel:
    """A convolution of stride `width`, five more, and upsampling to single bases."""
    return _strided("cnn7", marker_count, settings, narrow=4)


def _strided(name: str, marker_count: int, settings: CnnSettings, *, narrow: int) -> TrackModel:
    """`narrow` is the number of convolutions after the widest one."""
    return TrackModel(
        name,
        settings.to_dict(),
        trunk=strided_trunk(settings, dilations=[1] * (1 + narrow)),
        head=Head(settings.channels[-1], settings.hidden, marker_count, settings.dropout),
    )


def strided_trunk(settings: CnnSettings, dilations: Sequence[int]) -> list[Block]:
    """A convolution of stride `width`, one convolution per dilation, and back to single bases."""
    first, second, rest = settings.channels
    width, after = settings.width, settings.after_conv()
    sizes = [first, second, *[rest] * (len(dilations) - 1)]
    middle = [
        SamePadConv(inputs, outputs, width, after, dilation=dilation)
        for inputs, outputs, dilation in zip(sizes, sizes[1:], dilations, strict=False)
    ]
    return [
        Downsample(EMBEDDING, first, width, after),
        *middle,
        Upsample(sizes[-1], rest, width, after),
    ]
