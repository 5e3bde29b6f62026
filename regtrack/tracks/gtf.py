"""Reads the genes of a GTF, gzipped or plain, line by line."""

from __future__ import annotations

import gzip
import zlib
from array import array
from collections.abc import Generator, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO

import numpy as np
import numpy.typing as npt
from isal import igzip, isal_zlib

from regtrack.errors import RegtrackError
from regtrack.genome.intervals import Positions
from regtrack.tracks.genes import ChromGenes, Genes

_CANONICAL = (b'"Ensembl_canonical"', b'"MANE_Select"')
# the exception of the inflater; the package's stub declares it as an instance
_DAMAGED: type[Exception] = isal_zlib.error  # type: ignore[assignment]


def read_genes(path: Path) -> Genes:
    """Read a GTF, gzipped or plain, line by line; uses only lines `gene` and `exon`.

    A gene's exons are those of its canonical transcript if the file marks one (tag
    `Ensembl_canonical` or `MANE_Select`), otherwise of the transcript with most bases. A gene
    without a line of its own spans its exons. Its name is `gene_name`, otherwise its id.

    Raises:
        RegtrackError: no such file, a damaged gzip, a line that is not GTF, or no genes.
    """
    reading = _Reading()
    for _ in _taken(path, reading):
        pass
    return Genes(reading.finish())


def check_genes(path: Path) -> None:
    """Check that a file begins like a GTF, without reading the rest.

    Raises:
        RegtrackError: no such file, a damaged gzip, a first line that is not GTF, or no genes.
    """
    with closing(_taken(path, _Reading())) as lines:
        next(lines)


def _taken(path: Path, reading: _Reading) -> Generator[None]:
    """Process one line after another.

    Raises:
        RegtrackError: see `read_genes`.
    """
    with _opened(path) as file:
        for number, line in enumerate(file, 1):
            if line.startswith(b"#") or line.isspace():
                continue
            try:
                reading.take(line)
            except (ValueError, IndexError):
                raise _not_of_a_gtf(path, number, line) from None
            yield
    if not reading.genes:
        raise RegtrackError(f"{path} has no genes; expected a GTF with lines gene or exon")


def _not_of_a_gtf(path: Path, number: int, line: bytes) -> RegtrackError:
    shown = line.decode("utf-8", "replace").strip()[:60]
    return RegtrackError(
        f'{path} line {number} is not GTF: {shown!r}; expected nine columns with gene_id "..."'
    )


@contextmanager
def _opened(path: Path) -> Iterator[IO[bytes]]:
    if not path.is_file():
        raise RegtrackError(f"no genes at {path}; expected a GTF file")
    with path.open("rb") as raw:
        packed = raw.read(2) == b"\x1f\x8b"
    try:
        with _unpacked(path) if packed else path.open("rb") as file:
            yield file
    except (EOFError, gzip.BadGzipFile, zlib.error, _DAMAGED) as error:
        raise RegtrackError(f"{path} is a damaged gzip ({error}); download it again") from error


def _unpacked(path: Path) -> IO[bytes]:
    opened: IO[bytes] = igzip.open(path, "rb")  # type: ignore[no-untyped-call]
    return opened


@dataclass(slots=True)
class _Gene:
    """A gene while its lines are read; coordinates in bp, 0-based and half-open."""

    name: str
    chrom: bytes
    strand: int
    start: int
    end: int


class _Reading:
    """What has been read so far: millions of exons are kept as numbers in arrays, not objects."""

    def __init__(self) -> None:
        self.genes: dict[tuple[bytes, bytes], _Gene] = {}
        self._transcripts: dict[tuple[bytes, bytes], int] = {}
        self._latest = (b"", b"", -1)  # the exons of a transcript are adjacent
        self._canonical = array("b")  # per transcript
        self._owners = array("q")  # gene of each transcript
        self._numbers: dict[tuple[bytes, bytes], int] = {}
        self._of, self._starts, self._ends = array("q"), array("q"), array("q")

    def take(self, line: bytes) -> None:
        """Process a line; raises ValueError or IndexError if it is not GTF."""
        fields = line.split(b"\t", 8)
        kind, attributes = fields[2], fields[8]
        if kind == b"gene":
            self._gene(fields, attributes)
        elif kind == b"exon":
            chrom, transcript = fields[0], _attribute(attributes, b"transcript_id")
            if self._latest[:2] != (chrom, transcript):
                number = self._transcript(fields, attributes, transcript)
                self._latest = (chrom, transcript, number)
            self._of.append(self._latest[2])
            self._starts.append(int(fields[3]) - 1)
            self._ends.append(int(fields[4]))

    def finish(self) -> dict[str, ChromGenes]:
        """The genes by chromosome, in the order of the chromosomes' first appearance."""
        of, starts, ends = (np.array(column) for column in (self._of, self._starts, self._ends))
        if len(of):
            self._widen(np.array(self._owners)[of], starts, ends)
        kept = self._chosen(of, ends - starts)
        exons = np.flatnonzero(kept[of]) if len(of) else of
        owner = np.array(self._owners)[of[exons]] if len(of) else of
        order = np.lexsort((starts[exons], owner))
        owner, starts, ends = owner[order], starts[exons][order], ends[exons][order]
        numbers: dict[bytes, list[int]] = {}
        genes = list(self.genes.values())
        for number, gene in enumerate(genes):
            numbers.setdefault(gene.chrom, []).append(number)
        return {
            chrom.decode("utf-8", "replace"): _chrom_genes(genes, mine, owner, (starts, ends))
            for chrom, mine in numbers.items()
        }

    def _widen(self, owner: Positions, starts: Positions, ends: Positions) -> None:
        """Extend every gene to span its exons: some files have no line for the gene itself."""
        genes = list(self.genes.values())
        lows = np.array([gene.start for gene in genes], dtype=np.int64)
        highs = np.array([gene.end for gene in genes], dtype=np.int64)
        np.minimum.at(lows, owner, starts)
        np.maximum.at(highs, owner, ends)
        for gene, low, high in zip(genes, lows.tolist(), highs.tolist(), strict=True):
            gene.start, gene.end = low, high

    def _chosen(self, of: Positions, lengths: Positions) -> npt.NDArray[np.bool_]:
        """Mask of the transcripts to draw, one per gene: canonical, else most bases, else first."""
        count = len(self._owners)
        bases = np.bincount(of, lengths, minlength=count)
        owners = np.array(self._owners)
        order = np.lexsort((np.arange(count), -bases, -np.array(self._canonical), owners))
        first = np.append(True, owners[order][1:] != owners[order][:-1])[:count]
        chosen = np.zeros(count, dtype=bool)
        chosen[order[first]] = True
        return chosen

    def _gene(self, fields: list[bytes], attributes: bytes) -> int:
        """The number of the gene of a line, new if it is the gene's first line."""
        gene_id = _attribute(attributes, b"gene_id")
        key, start, end = (fields[0], gene_id), int(fields[3]) - 1, int(fields[4])
        if not 0 <= start < end:
            raise ValueError
        if key not in self.genes:
            name = _attribute(attributes, b"gene_name") or _attribute(attributes, b"gene")
            strand = {b"+": 1, b"-": -1}.get(fields[6], 0)
            text = (name or gene_id).decode("utf-8", "replace")
            self.genes[key] = _Gene(text, fields[0], strand, start, end)
            self._numbers[key] = len(self._numbers)
        return self._numbers[key]

    def _transcript(self, fields: list[bytes], attributes: bytes, transcript: bytes) -> int:
        """The number of a line's transcript, which is added at its first line."""
        gene = self._gene(fields, attributes)
        key = (fields[0], transcript)
        if key not in self._transcripts:
            self._transcripts[key] = len(self._transcripts)
            self._owners.append(gene)
            self._canonical.append(any(tag in attributes for tag in _CANONICAL))
        return self._transcripts[key]


def _attribute(attributes: bytes, name: bytes) -> bytes:
    """The value of an attribute; empty if it is missing.

    Raises:
        ValueError: GFF3, whose attributes are name=value.
    """
    at = attributes.find(name + b' "')
    if at < 0:
        if name == b"gene_id":
            raise ValueError
        return b""
    begin = at + len(name) + 2
    return attributes[begin : attributes.index(b'"', begin)]


def _chrom_genes(
    genes: list[_Gene], numbers: list[int], owner: Positions, exons: tuple[Positions, Positions]
) -> ChromGenes:
    """The genes of one chromosome by start, with their exons; `owner` (E,) is ascending."""
    numbers = sorted(numbers, key=lambda number: (genes[number].start, genes[number].end))
    mine = [genes[number] for number in numbers]
    lows = np.searchsorted(owner, numbers, side="left")
    counts = np.searchsorted(owner, numbers, side="right") - lows
    first = np.concatenate([[0], np.cumsum(counts)])
    places = np.repeat(lows - first[:-1], counts) + np.arange(first[-1])
    return ChromGenes(
        names=tuple(gene.name for gene in mine),
        starts=np.array([gene.start for gene in mine], dtype=np.int64),
        ends=np.array([gene.end for gene in mine], dtype=np.int64),
        strands=np.array([gene.strand for gene in mine], dtype=np.int8),
        first_exon=first,
        exon_starts=exons[0][places],
        exon_ends=exons[1][places],
    )
