"""BI-LSTM: a bidirectional LSTM over blocks of bases."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from regtrack.models.blocks import BiLstm, Downsample, Head, Upsample
from regtrack.models.network import EMBEDDING, TrackModel
from regtrack.models.settings import WIDEST, Settings


@dataclass(frozen=True)
class BiLstmSettings(Settings):
    """BI-LSTM.

    Attributes:
        lstm_hidden: size of the LSTM in each direction. The paper does not give it; 182 comes
            closest to the published 764,395 parameters when everything else is as in CNN7.
    """

    channel_roles: ClassVar[tuple[str, ...]] = ("first", "last")

    channels: tuple[int, ...] = (128, 50)
    lstm_hidden: int = 182

    def __post_init__(self) -> None:
        super().__post_init__()
        self._check_size("lstm_hidden", WIDEST)


def build_bi_lstm(marker_count: int, settings: BiLstmSettings) -> TrackModel:
    """A convolution of stride `width`, the LSTM, and upsampling to single bases."""
    first, last = settings.channels
    after = settings.after_conv()
    return TrackModel(
        "bi-lstm",
        settings.to_dict(),
        trunk=[
            Downsample(EMBEDDING, first, settings.width, after),
            BiLstm(first, settings.lstm_hidden),
            Upsample(2 * settings.lstm_hidden, last, settings.width, after),
        ],
        head=Head(last, settings.hidden, marker_count, settings.dropout),
    )
