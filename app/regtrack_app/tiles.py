"""What is read for a view: three times its width on a fixed grid, to draw moves at once."""

from __future__ import annotations

from dataclasses import dataclass

from regtrack.genome.interval import Interval

MOST_BINS = 1_000
"""Maximum number of bins of a view; at least two thirds of it if bins exceed one base."""
_GRID = 256  # bins between possible starts of tiles


@dataclass(frozen=True)
class Tile:
    """A stretch to read in bins of `step` bp.

    Attributes:
        chrom: the chromosome.
        start: first base, a multiple of the grid.
        end: one past the last base: a multiple of the grid, or the chromosome's end.
        step: bp per bin.
    """

    chrom: str
    start: int
    end: int
    step: int

    @property
    def bins(self) -> int:
        """The number of bins."""
        return -(-(self.end - self.start) // self.step)

    def serves(self, region: Interval, length: int) -> bool:
        """Whether a region can be drawn from this tile as well as from its own.

        On either side there must be half a view more, or the end of the chromosome of `length` bp:
        what is drawn comes into view at once when it is moved, before it can be read.
        """
        margin = len(region) // 2
        start, end = max(0, region.start - margin), min(length, region.end + margin)
        inside = self.chrom == region.chrom and self.start <= start <= end <= self.end
        return inside and self.step == step_of(len(region))

    def text(self) -> str:
        """The tile in the form kept by the browser."""
        return f"{self.chrom}:{self.start}-{self.end}/{self.step}"


def read_tile(text: str) -> Tile | None:
    """The tile that `Tile.text` wrote; None for anything else."""
    chrom, _, rest = text.rpartition(":")
    numbers = rest.replace("/", "-").split("-")
    if not chrom or len(numbers) != 3 or not all(part.isdecimal() for part in numbers):
        return None
    start, end, step = (int(part) for part in numbers)
    return Tile(chrom, start, end, step) if start < end and step > 0 else None


def step_of(span: int) -> int:
    """Bp per bin for a view of `span` bp: 1, 2, 3, 4, 6, 8, 12 ..., so that neighbours share tiles.

    >>> [step_of(span) for span in (500, 1_001, 25_000, 250_000_000)]
    [1, 2, 32, 262144]
    """
    power = 1
    while power * MOST_BINS < span:
        if power > 1 and power * 3 // 2 * MOST_BINS >= span and power % 2 == 0:
            return power * 3 // 2
        power *= 2
    return power


def tile_of(region: Interval, length: int) -> Tile:
    """The tile of a region: the same width on either side, within the chromosome's `length`."""
    step = step_of(len(region))
    grid = step * _GRID
    start = max(0, (region.start - len(region)) // grid * grid)
    end = min(length, -(-(region.end + len(region)) // grid) * grid)
    return Tile(region.chrom, start, end, step)
