"""From scores to files: the part of a sweep that writes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path

from regtrack.errors import PlanError
from regtrack.genome.assembly import Assembly
from regtrack.genome.intervals import runs
from regtrack.labels.marker import Marker
from regtrack.progress import Progress
from regtrack.sweep.compute import Piece
from regtrack.sweep.summary import TrackSummary
from regtrack.tracks.bigwig.write import BigWigWriter


def file_names(model: str, markers: Sequence[Marker]) -> tuple[str, ...]:
    """The files of a sweep, named after the model and the marker."""
    return tuple(f"{model}.{marker.name}.bw" for marker in markers)


class TrackFiles:
    """The open files of a sweep, one a marker.

    Attributes:
        bases: bases with a value so far.
    """

    def __init__(self, writers: Sequence[BigWigWriter]) -> None:
        self._writers = writers
        self.bases = 0

    def write(self, piece: Piece) -> None:
        """Write one piece into every file, leaving out the bases without a value."""
        if piece.scores is None:
            return
        stretches = list(zip(*(edge.tolist() for edge in runs(piece.present)), strict=True))
        for writer, scores in zip(self._writers, piece.scores, strict=True):
            for start, end in stretches:
                writer.write(piece.strip.chrom, piece.strip.start + start, scores[start:end])
        self.bases += sum(end - start for start, end in stretches)

    def finish(self, markers: Sequence[Marker], progress: Progress) -> tuple[TrackSummary, ...]:
        """Close every file, which adds its zoom levels.

        Raises:
            PlanError: no base got a value.
        """
        if self.bases == 0:
            raise PlanError(
                "nothing to predict: every base asked for is N or excluded, and browsers refuse "
                "a track without a value"
            )
        with progress.task("Adding zoom levels", len(self._writers), "files") as task:
            for writer in self._writers:
                writer.close()
                task.advance(note=writer.path.name)
        return tuple(
            _summarize(writer, marker)
            for writer, marker in zip(self._writers, markers, strict=True)
        )


@contextmanager
def open_tracks(folder: Path, names: Sequence[str], assembly: Assembly) -> Iterator[TrackFiles]:
    """Open all files of a sweep; those that are not finished vanish."""
    with ExitStack() as stack:
        writers = [BigWigWriter(folder / name, assembly) for name in names]
        yield TrackFiles([stack.enter_context(writer) for writer in writers])


def _summarize(writer: BigWigWriter, marker: Marker) -> TrackSummary:
    return TrackSummary(
        file=writer.path.name,
        marker=marker.name,
        category=marker.category,
        bases=writer.bases,
        size=writer.path.stat().st_size,
        low=writer.low,
        high=writer.high,
        mean=writer.mean,
    )
