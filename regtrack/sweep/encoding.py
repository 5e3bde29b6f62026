"""Round, average and compress values into sections of a bigWig."""

from __future__ import annotations

import logging
from dataclasses import dataclass

import numpy as np
from torch import Tensor

from regtrack.errors import TrackError
from regtrack.machine.threads import Threads
from regtrack.predict.copies import Scores, to_host
from regtrack.sweep import on_device
from regtrack.sweep.compute import Reading
from regtrack.tracks.bigwig.encode import Encoded, encode_rows, prepare
from regtrack.tracks.bigwig.places import Places
from regtrack.tracks.bigwig.storing import store_rows

_SHORT = 2.0  # seconds; loading an encoder compiled earlier takes about 0.5
_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Encoding:
    """How values are stored.

    Attributes:
        keep_bits: mantissa bits to keep; 23 is lossless.
        resolution: bp per stored value, which is the mean of the values present.
    """

    keep_bits: int
    resolution: int

    def finish(self, reading: Reading, values: Tensor) -> Scores:
        """The values to store, float32 (count, bp / resolution), NaN where absent.

        On a GPU this is done before the copy to the CPU, which shrinks it by the resolution.

        Args:
            reading: the strips, and which of their bases get a value.
            values: float32 (count, bp), which may be changed if they were computed in torch's
                inference mode: others may be a network's own.

        Raises:
            TrackError: the model gave NaN.
        """
        present = reading.present
        if _on_cpu(values):
            found, broken_at = store_rows(
                values.numpy(), present,
                resolution=self.resolution, keep_bits=self.keep_bits, in_place=_is_own(values),
            )  # fmt: skip
            if broken_at >= 0:
                _refuse(reading, broken_at)
            return found
        stored, broken = on_device.finish(values, present, self.resolution, self.keep_bits)
        found = to_host(stored)
        if bool(broken.any()):  # checked after the copy, when there is nothing to wait for
            _refuse(reading, int(np.flatnonzero(broken.cpu().numpy())[0]))
        return found

    def __call__(self, places: Places, rows: Scores) -> list[Encoded]:
        """Encode some rows of a piece.

        Args:
            places: where its strips lie in the files.
            rows: their values, one strip after another, float32 (files, L').

        Raises:
            TrackError: the model gave an infinite value.
        """
        return encode_rows(places, rows)


def prepare_encoder() -> None:
    """Load or compile the encoder, with a note if that takes longer than two seconds."""
    with Threads(1) as thread:
        ready = thread.submit(prepare)
        if not ready.done_within(_SHORT):
            _log.warning("compiling the encoder once, about ten seconds; later runs reuse it")
        ready.result()


def _on_cpu(values: Tensor) -> bool:
    return values.device.type == "cpu"


def _is_own(values: Tensor) -> bool:
    """Whether a pass made these values, (count, bp), each in a place of its own."""
    apart = len(values) == 1 or values.stride(0) >= values.shape[1]
    return values.is_inference() and values.stride(1) == 1 and apart


def _refuse(reading: Reading, at: int) -> None:
    """Refuse NaN at a base that should get a value.

    Raises:
        TrackError: always.
    """
    number = int(np.searchsorted(reading.edges, at, side="right")) - 1
    strip = reading.strips[number]
    where = strip.start + at - int(reading.edges[number])
    raise TrackError(
        f"the model gives NaN at {strip.chrom}:{where + 1:,}; check its weights, or choose "
        "another precision"
    )
