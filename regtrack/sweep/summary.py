"""What a sweep will write, and what it wrote."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from regtrack.sweep.chunks import Chunk
from regtrack.tracks.kind import Kind


@dataclass(frozen=True)
class Forecast:
    """What a sweep is about to do; sizes are upper bounds.

    Attributes:
        out: the folder to be made.
        files: names of the tracks, one a marker.
        bases: bases asked for (bp), N among them, which get no value.
        disk: bytes of all files together; as many again are taken until they are joined.
        memory: bytes that the process takes, and beside it the device.
        seconds: how long it takes by the speed of one measured pass, flanks read too, as far as
            it is not made yet.
        windows: windows to compute, unless they are all N.
        chunks: the parts that are made apart.
        chunks_left: those of them to be made now; less where some are there, or only a share is
            asked for.
        window, flank: bp.
        batch_size: windows at once.
        device, precision: where and how.
        compiled: whether the network goes through torch.compile.
        strands: 1, or 2 with the reverse complement.
        keep_bits, resolution: how values are stored.
    """

    out: Path
    files: tuple[str, ...]
    bases: int
    disk: int
    memory: int
    seconds: float
    windows: int
    chunks: int
    chunks_left: int
    window: int
    flank: int
    batch_size: int
    device: str
    precision: str
    compiled: bool
    strands: int
    keep_bits: int
    resolution: int

    def of(self, chunks: Sequence[Chunk]) -> Forecast:
        """The forecast where no more than these chunks are to be made."""
        share = sum(chunk.bases for chunk in chunks) / self.bases
        return replace(self, chunks_left=len(chunks), seconds=self.seconds * share)

    def to_dict(self) -> dict[str, Any]:
        """The forecast as JSON holds it."""
        return {**asdict(self), "out": str(self.out)}


@dataclass(frozen=True)
class TrackSummary:
    """One file that was written.

    Attributes:
        file: its name in the output folder.
        marker, category: what it is about.
        values: what its numbers are, such as `scores`.
        bases: bases with a value.
        size: bytes on disk.
        low, high, mean: of its values.
    """

    file: str
    marker: str
    category: str
    values: Kind
    bases: int
    size: int
    low: float
    high: float
    mean: float


@dataclass(frozen=True)
class ShareSummary:
    """What a share of a sweep made.

    Attributes:
        folder: the work folder.
        chunks: chunks of the share.
        made: those made now; the others were there.
        left: chunks of other shares whose shard is not there yet.
        broken: chunks of other shares whose shard is broken; looked for where none is left.
        seconds: wall time.
    """

    folder: Path
    chunks: int
    made: int
    left: int
    broken: int
    seconds: float

    def to_dict(self) -> dict[str, Any]:
        """The summary as JSON holds it."""
        return {**asdict(self), "folder": str(self.folder)}


@dataclass(frozen=True)
class SweepSummary:
    """What a sweep wrote.

    Attributes:
        out: the folder.
        model: the network's name.
        tracks: one a marker, in the order of the checkpoint.
        bases: bases with a value in each track.
        absent: bases asked for that have none, since they are N.
        predicted: bases asked for that this run predicted, N among them; the shards of the others
            were there.
        seconds: wall time of this run, from the first window to the last file.
    """

    out: Path
    model: str
    tracks: tuple[TrackSummary, ...]
    bases: int
    absent: int
    predicted: int
    seconds: float

    @property
    def speed(self) -> float | None:
        """Bases a second, where this run predicted them all; None where some were there."""
        return self.predicted / self.seconds if self.predicted == self.bases + self.absent else None

    @property
    def size(self) -> int:
        """Bytes of all tracks together."""
        return sum(track.size for track in self.tracks)

    def to_dict(self) -> dict[str, Any]:
        """The summary as JSON holds it."""
        return {**asdict(self), "out": str(self.out), "size": self.size}
