"""What a sweep will write, and what it has written."""

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
        out: the folder to write.
        files: names of the tracks, one per marker and kind of value.
        bases: requested bases (bp), including N, which get no value.
        disk: total size of the files (bytes).
        disk_peak: disk space needed while they are joined (bytes), at most twice `disk`.
        memory: memory of the process (bytes), apart from the device's.
        seconds: time for the chunks left, extrapolated from one timed pass, including flanks.
        encoding: the part of that time for storing values, from 0 to 1: where it is most of it, the
            encoder and not the network determines the speed.
        windows: windows to compute, including those that turn out to be all N.
        chunks: number of chunks.
        chunks_left: chunks to compute now, fewer than `chunks` when resuming or for a share.
        window, flank: lengths (bp).
        seam: how windows are joined: `exact`, `centre` or `blend`, see docs/networks.md.
        batch_size: windows computed at once.
        device, precision: where and how the network runs.
        compiled: whether torch.compile is used.
        strands: 1, or 2 with the reverse complement.
        keep_bits, resolution: how values are stored: mantissa bits, and bp per value.
    """

    out: Path
    files: tuple[str, ...]
    bases: int
    disk: int
    disk_peak: int
    memory: int
    seconds: float
    encoding: float
    windows: int
    chunks: int
    chunks_left: int
    window: int
    flank: int
    seam: str
    batch_size: int
    device: str
    precision: str
    compiled: bool
    strands: int
    keep_bits: int
    resolution: int

    def of(self, chunks: Sequence[Chunk]) -> Forecast:
        """The forecast if only these chunks are computed."""
        fraction = sum(chunk.bases for chunk in chunks) / self.bases
        return replace(self, chunks_left=len(chunks), seconds=self.seconds * fraction)

    def to_dict(self) -> dict[str, Any]:
        """The forecast as JSON-serialisable values."""
        return {**asdict(self), "out": str(self.out)}


@dataclass(frozen=True)
class TrackSummary:
    """A track that was written.

    Attributes:
        file: its name in the output folder.
        marker, category: the marker's name and category.
        values: kind of values, such as `scores`.
        bases: number of bases with a value (bp).
        size: size of the file (bytes).
        sha256: digest of the file.
        low, high, mean: lowest, highest and mean value.
    """

    file: str
    marker: str
    category: str
    values: Kind
    bases: int
    size: int
    sha256: str
    low: float
    high: float
    mean: float


@dataclass(frozen=True)
class _Maker:
    model: str


@dataclass(frozen=True)
class JoinedRecord:
    """The content of sweep.json that is read again once the tracks are joined.

    Attributes:
        checkpoint: what made the tracks.
        tracks: the tracks.
        bases: number of bases with a value in each track (bp).
        absent: number of requested bases without a value (bp).
    """

    checkpoint: _Maker
    tracks: tuple[TrackSummary, ...]
    bases: int
    absent: int


@dataclass(frozen=True)
class ShareSummary:
    """The result of one share of a sweep.

    Attributes:
        folder: the work folder.
        chunks: number of chunks of the share.
        made: how many of them were computed by this run; the others had a shard.
        left: number of chunks of other shares without a shard.
        broken: number of chunks of other shares with a broken shard; checked only if `left` is 0.
        seconds: wall time.
    """

    folder: Path
    chunks: int
    made: int
    left: int
    broken: int
    seconds: float

    def to_dict(self) -> dict[str, Any]:
        """The summary as JSON-serialisable values."""
        return {**asdict(self), "folder": str(self.folder)}


@dataclass(frozen=True)
class SweepSummary:
    """What a sweep wrote.

    Attributes:
        out: the folder.
        model: the network's name.
        tracks: one per marker and kind of value, in the order of the checkpoint.
        bases: number of bases with a value in each track (bp).
        absent: number of requested bases without a value, which are N (bp).
        predicted: number of requested bases, including N, computed by this run (bp); the others
            had shards.
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
        """Bases per second; None if this run did not compute all of them."""
        return self.predicted / self.seconds if self.predicted == self.bases + self.absent else None

    @property
    def size(self) -> int:
        """Total size of the tracks (bytes)."""
        return sum(track.size for track in self.tracks)

    def to_dict(self) -> dict[str, Any]:
        """The summary as JSON-serialisable values."""
        return {**asdict(self), "out": str(self.out), "size": self.size}
