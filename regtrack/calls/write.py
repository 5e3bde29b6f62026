"""Write the peaks of a track: narrowPeak as text, and the same rows as bigBed."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from regtrack.calls.find import Peaks
from regtrack.genome.assembly import Assembly
from regtrack.measures.thresholds import ThresholdTable
from regtrack.tracks.bigbed.form import PEAK_FORM
from regtrack.tracks.bigbed.write import create_bigbed

_UNKNOWN = -1.0  # of a p- or q-value, as UCSC's description of narrowPeak says


@dataclass(frozen=True)
class PeakFiles:
    """How the peaks of a track are written.

    Attributes:
        narrow_peak: the text file.
        bigbed: the bigBed.
        name: what the names of peaks begin with.
        top: the value whose column of scores is 1,000: 1 for scores, else the track's greatest.
        table: of thresholds, for q-values; None if there is none.
    """

    narrow_peak: Path
    bigbed: Path
    name: str
    top: float
    table: ThresholdTable | None

    def write(self, assembly: Assembly, found: Iterable[tuple[str, Peaks]]) -> tuple[int, int]:
        """Write the peaks of each chromosome, in the order of a bigWig.

        Returns:
            How many peaks, and their bases.
        """
        peaks = bases = 0
        with (
            self.narrow_peak.open("w", encoding="utf-8") as text,
            create_bigbed(self.bigbed, assembly, PEAK_FORM) as bigbed,
        ):
            for chrom, here in found:
                columns = self._columns(here, first=peaks + 1)
                bigbed.write(chrom, here.starts, here.ends, *columns)
                shown = map(_shown, ([chrom] * len(here), here.starts, here.ends, *columns))
                text.writelines(f"{row}\n" for row in map("\t".join, zip(*shown, strict=True)))
                peaks, bases = peaks + len(here), bases + here.bases
        return peaks, bases

    def _columns(self, here: Peaks, first: int) -> list[Any]:
        """The columns after the third: name, score, strand, signal, p, q and summit."""
        heights = here.highs.astype(np.float64)
        part = np.clip(heights / self.top, 0, 1) if self.top > 0 else np.zeros(len(here))
        unknown = np.full(len(here), _UNKNOWN)
        q = unknown if self.table is None else -np.log10(self.table.q_values(heights))
        return [
            [f"{self.name}.{number}" for number in range(first, first + len(here))],
            np.rint(1000 * part).astype(np.int64),
            ["."] * len(here),
            heights,
            unknown,
            np.abs(q) if self.table is not None else q,  # -log10(1) is 0 and not -0
            here.summits - here.starts,
        ]


def _shown(column: list[str] | npt.NDArray[Any]) -> list[str]:
    """The values of a column as text."""
    if isinstance(column, list):
        return column
    if column.dtype == np.float64:
        return [f"{value:.6g}" for value in column.tolist()]
    return list(map(str, column.tolist()))
