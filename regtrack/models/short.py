"""DeepSEA, DanQ and DILATED6: networks of 1,000 bp with dense layers over the whole window."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from regtrack.errors import CheckpointError
from regtrack.models.blocks import Head
from regtrack.models.settings import FURTHEST, LONGEST, MOST_LAYERS, WIDEST, Settings
from regtrack.models.window_blocks import WindowConv, WindowLstm
from regtrack.models.window_network import WindowModel

LETTERS = 4
NORMS = ("none", "batch")
LONGEST_WINDOW = 100_000  # bp


@dataclass(frozen=True)
class ShortSettings(Settings):
    """What the networks of short windows share.

    Attributes:
        hidden: size of the dense layer over the whole window.
        dropout: fraction of activations dropped in training, after each convolution but the last
            layer before the dense ones.
        last_dropout: the same, after the last layer before the dense ones.
        pool: positions pooled into one, where the network pools.
        norm: "batch" normalisation after each convolution, or "none".
        window: bp that are read for one logit.
        label: bp in the middle of the window that the logit stands for.
    """

    hidden: int = 925
    width: int = 8
    dropout: float = 0.2
    last_dropout: float = 0.5
    pool: int = 4
    norm: str = "none"
    window: int = 1_000
    label: int = 200

    def __post_init__(self) -> None:
        super().__post_init__()
        self._check("last_dropout", 0 <= self.last_dropout < 1, "at least 0 and below 1")
        self._check_size("pool", LONGEST)
        self._check("norm", self.norm in NORMS, " or ".join(NORMS))
        self._check_size("window", LONGEST_WINDOW)
        fits = 1 <= self.label <= self.window and (self.window - self.label) % 2 == 0
        self._check("label", fits, f"1 to {self.window:,} bp, with as many bp left on both sides")

    @property
    def momentum(self) -> float | None:
        """Of the batch normalisation; None: there is none."""
        return self.bn_momentum if self.norm == "batch" else None


@dataclass(frozen=True)
class DeepSeaSettings(ShortSettings):
    """CNN3 of Dataset 1, after DeepSEA (Zhou and Troyanskaya 2015)."""

    channel_roles: ClassVar[tuple[str, ...]] = ("first", "second", "third")

    channels: tuple[int, ...] = (320, 480, 960)


@dataclass(frozen=True)
class DanQSettings(ShortSettings):
    """BI-LSTM of Dataset 1, after DanQ (Quang and Xie 2016).

    Attributes:
        lstm_hidden: size of the LSTM in each direction.
    """

    channel_roles: ClassVar[tuple[str, ...]] = ("first",)

    channels: tuple[int, ...] = (320,)
    width: int = 26
    pool: int = 13
    lstm_hidden: int = 320

    def __post_init__(self) -> None:
        super().__post_init__()
        self._check_size("lstm_hidden", WIDEST)


@dataclass(frozen=True)
class Dilated6Settings(ShortSettings):
    """DILATED6. The paper names it and gives none of its sizes: these are ours.

    Attributes:
        dilations: of the convolutions after the first one, in pooled positions.
    """

    channel_roles: ClassVar[tuple[str, ...]] = ("first", "second", "the rest")

    channels: tuple[int, ...] = (320, 240, 50)
    norm: str = "batch"
    dilations: tuple[int, ...] = (1, 3, 9, 27, 81)

    def __post_init__(self) -> None:
        super().__post_init__()
        enough = len(self.dilations) >= 1 and min(self.dilations) >= 1
        self._check("dilations", enough, "1 or more numbers, each at least 1")
        self._check("dilations", len(self.dilations) <= MOST_LAYERS, f"at most {MOST_LAYERS}")
        self._check_size("dilations", FURTHEST)


def build_deepsea(marker_count: int, settings: DeepSeaSettings) -> WindowModel:
    """Three convolutions, pooled after the first and the second."""
    first, second, third = settings.channels
    pool, width = settings.pool, settings.width
    return _build(
        "deepsea", marker_count, settings,
        [
            _conv(settings, LETTERS, first, width, pool=pool),
            _conv(settings, first, second, width, pool=pool),
            _conv(settings, second, third, width, last=True),
        ],
    )  # fmt: skip


def build_danq(marker_count: int, settings: DanQSettings) -> WindowModel:
    """A convolution, pooled, and an LSTM in both directions."""
    (first,) = settings.channels
    return _build(
        "danq", marker_count, settings,
        [
            _conv(settings, LETTERS, first, settings.width, pool=settings.pool),
            WindowLstm(first, settings.lstm_hidden, settings.last_dropout),
        ],
    )  # fmt: skip


def build_dilated6(marker_count: int, settings: Dilated6Settings) -> WindowModel:
    """The first convolution of DeepSEA, pooled, and the dilated ones of DILATED."""
    first, second, rest = settings.channels
    count = len(settings.dilations)
    sizes = [first, second, *[rest] * (count - 1)]
    dilated = [
        _conv(
            settings, sizes[layer], sizes[layer + 1], settings.width,
            dilation=dilation, padded=True, last=layer + 1 == count,
        )
        for layer, dilation in enumerate(settings.dilations)
    ]  # fmt: skip
    start = _conv(settings, LETTERS, first, settings.width, pool=settings.pool, padded=True)
    return _build("dilated6", marker_count, settings, [start, *dilated])


def _conv(
    settings: ShortSettings, inputs: int, outputs: int, width: int, *,
    pool: int = 1, dilation: int = 1, padded: bool = False, last: bool = False,
) -> WindowConv:  # fmt: skip
    return WindowConv(
        inputs, outputs, width, pool=pool, dilation=dilation, padded=padded,
        dropout=settings.last_dropout if last else settings.dropout, momentum=settings.momentum,
    )  # fmt: skip


def _build(
    name: str, marker_count: int, settings: ShortSettings, trunk: list[WindowConv | WindowLstm]
) -> WindowModel:
    positions = settings.window
    for block in trunk:
        positions = block.length(positions)
        if positions < 1:
            raise CheckpointError(
                f"nothing is left of `window`, {settings.window:,} bp, after convolutions of width "
                f"{settings.width:,} and pooling by {settings.pool:,}; choose a longer window, or "
                "smaller ones of these"
            )
    return WindowModel(
        name, settings.to_dict(), window=settings.window, label=settings.label, trunk=trunk,
        head=lambda inputs: Head(inputs, settings.hidden, marker_count, dropout=0.0),
    )  # fmt: skip
