"""Reads the genes of a GTF, gzipped or plain, line by line."""

from __future__ import annotations

import logging
import re
from array import array
from collections.abc import Generator
from contextlib import closing
from pathlib import Path

import numpy as np

from regtrack.errors import RegtrackError
from regtrack.files.text import Text
from regtrack.tracks.gene_places import Features, Kind, place_genes
from regtrack.tracks.genes import GeneCounts, Genes

_KINDS = {
    b"gene": Kind.GENE,
    b"transcript": Kind.TRANSCRIPT,
    b"mRNA": Kind.TRANSCRIPT,
    b"exon": Kind.EXON,
    b"CDS": Kind.CODING,
}
_NEVER = b"\0"  # no attributes begin with it
_CLOSED = (b'"', b";", b" ", b"\t")  # after them, no value goes on
_SKIPPED = (b"#", b"track ", b"browser ")  # comments, and lines for genome browsers
_DIGITS = 12  # exceed the length of any chromosome
_STRANDS = {b"+": 1, b"-": -1}
_CANONICAL = re.compile(rb'\btag\s+"?(Ensembl_canonical|MANE[_ ]Select)\b')
_GFF3 = re.compile(rb"\s*[\w.:-]+=")
_BARE = re.compile(rb'[^\s;="]+;?$')  # an id alone, in the rows gene and transcript of AUGUSTUS
_OF_TRANSCRIPT = re.compile(rb"\.t\d+$")
_log = logging.getLogger(__name__)


def _attribute(name: str) -> re.Pattern[bytes]:
    """Finds an attribute; its value, quoted or not, is one of two groups."""
    return re.compile(rb'(?:^|;)\s*%s\s+(?:"([^"]*)"|([^\s";]+)(?:[\s;]|$))' % name.encode())


_GENE_ID, _TRANSCRIPT_ID = _attribute("gene_id"), _attribute("transcript_id")
_NAMES = [_attribute(name) for name in ("gene_name", "gene_symbol", "gene")]


def read_genes(path: Path) -> Genes:
    """Read a GTF, gzipped or plain, line by line; uses the rows gene, transcript, exon and CDS.

    A gene's exons are those of its canonical transcript if the file marks one (tag
    `Ensembl_canonical` or `MANE_Select`), otherwise of the transcript with most bases; its coding
    parts, if it has no exons. A gene without a row of its own spans its other rows. One id at
    several places makes several genes (see `regtrack.tracks.gene_places`). A gene's name is
    `gene_name`, `gene_symbol` or `gene`, otherwise its id. Attributes may be in any order, without
    quotes, or, as AUGUSTUS and BRAKER write them, an id alone.

    How many rows were used is logged.

    Raises:
        RegtrackError: no such file, a damaged gzip, a line that is not GTF, or no genes.
    """
    reading = _Reading()
    for _ in _taken(path, reading):
        pass
    genes = Genes(place_genes(reading.features()), reading.counts)
    noteworthy = reading.counts.nameless
    _log.log(
        logging.WARNING if noteworthy else logging.INFO,
        "%s: %s genes from %s", path, f"{len(genes):,}", reading.counts.text(),
    )  # fmt: skip
    return genes


def check_genes(path: Path) -> None:
    """Check that a file begins like a GTF, without reading the rest; a pipe is not touched.

    Raises:
        RegtrackError: no such file, a damaged gzip, a first line that is not GTF, or no genes.
    """
    if path.is_fifo():  # can be read only once
        return
    with closing(_taken(path, _Reading())) as lines:
        next(lines)


def _taken(path: Path, reading: _Reading) -> Generator[None]:
    """Process one line after another.

    Raises:
        RegtrackError: see `read_genes`.
    """
    with Text(path, "GTF file") as text:
        for number, line in text:
            if line.startswith(_SKIPPED):
                reading.comments += 1
                continue
            try:
                reading.take(line)
            except (ValueError, IndexError) as error:
                raise text.refused(number, line, str(error)) from None
            yield
        reading.comments += text.blank
    if not reading.found:
        raise RegtrackError(
            f"{path} has no genes; expected a GTF with rows gene, transcript, exon or CDS that "
            f"have a gene_id; found {reading.counts.text()}"
        )


class _Reading:
    """What has been read so far: millions of exons are kept as numbers in arrays, not objects."""

    def __init__(self) -> None:
        self.comments = 0
        self._genes: dict[tuple[bytes, bytes], int] = {}  # chromosome and id
        self._names: list[bytes] = []  # per gene; empty until a row has one
        self._transcripts: dict[tuple[int, bytes], int] = {}  # gene and id
        self._canonical = array("b")  # per transcript
        # the rows of a transcript are adjacent: chromosome, attributes up to both ids, numbers
        self._latest = (b"", _NEVER, (-1, -1))
        self._owner, self._of = array("i"), array("i")  # gene and transcript of each row
        self._kinds, self._strands = array("b"), array("b")
        self._starts, self._ends = array("q"), array("q")
        self._other = self._nameless = 0

    @property
    def found(self) -> bool:
        """Whether there is a row of a gene."""
        return bool(self._kinds)

    @property
    def counts(self) -> GeneCounts:
        """How many rows were used so far."""
        used = len(self._kinds)
        return GeneCounts(
            read=used + self._other + self._nameless,
            other=self._other,
            nameless=self._nameless,
            skipped=self.comments,
        )

    def take(self, line: bytes) -> None:
        """Process a line; raises ValueError, with what was expected, if it is not GTF."""
        fields = line.split(b"\t", 8)
        if len(fields) < 8:
            raise ValueError('expected nine columns separated by tabs, the last with gene_id "..."')
        kind = _KINDS.get(fields[2])
        if kind is None:
            self._other += 1
            return
        first, last = fields[3], fields[4]
        if not (first.isdigit() and last.isdigit()):
            raise ValueError("expected start and end as whole numbers")
        if len(first) > _DIGITS or len(last) > _DIGITS:
            raise ValueError("no chromosome is this long")
        if not fields[0]:
            raise ValueError("expected the name of a chromosome")
        start, end = int(first) - 1, int(last)
        if not 0 <= start < end:
            raise ValueError("expected a start of 1 or more, and an end not before it")
        attributes = fields[8] if len(fields) > 8 else b""
        chrom, begin, numbers = self._latest
        if fields[0] != chrom or not attributes.startswith(begin):
            numbers = self._ids(fields[0], kind, attributes)
        gene, transcript = numbers
        if gene < 0:
            self._nameless += 1
            return
        self._owner.append(gene)
        self._of.append(transcript)
        self._kinds.append(kind)
        self._starts.append(start)
        self._ends.append(end)
        self._strands.append(_STRANDS.get(fields[6], 0))

    def features(self) -> Features:
        """All rows as columns."""
        ids = [gene_id for _, gene_id in self._genes]
        return Features(
            chroms=tuple(chrom.decode() for chrom, _ in self._genes),
            names=tuple(
                (name or gene_id).decode() for name, gene_id in zip(self._names, ids, strict=True)
            ),
            canonical=np.array(self._canonical, dtype=bool),
            owners=np.array(self._owner, dtype=np.int64),
            transcripts=np.array(self._of, dtype=np.int64),
            kinds=np.array(self._kinds, dtype=np.int8),
            strands=np.array(self._strands, dtype=np.int8),
            starts=np.array(self._starts, dtype=np.int64),
            ends=np.array(self._ends, dtype=np.int64),
        )

    def _ids(self, chrom: bytes, kind: Kind, attributes: bytes) -> tuple[int, int]:
        """The numbers of a row's gene and transcript; -1 for none."""
        gene_id, end = _value(_GENE_ID, attributes)
        if kind == Kind.GENE:
            return self._gene(chrom, gene_id or _bare(attributes), attributes), -1
        transcript, other_end = _value(_TRANSCRIPT_ID, attributes)
        begin = attributes[: max(end, other_end)]
        whole = gene_id and transcript and begin.endswith(_CLOSED)
        if kind == Kind.TRANSCRIPT and not gene_id:
            transcript = transcript or _bare(attributes)
            gene_id = _OF_TRANSCRIPT.sub(b"", transcript)
        gene = self._gene(chrom, gene_id or transcript, attributes)
        number = self._transcript(gene, transcript, attributes) if gene >= 0 else -1
        if whole:  # both ids: some files call every transcript "unknown_transcript_1"
            self._latest = (chrom, begin, (gene, number))
        return gene, number

    def _gene(self, chrom: bytes, gene_id: bytes, attributes: bytes) -> int:
        """The number of a gene, which is added at its first row."""
        if not gene_id:
            if _GFF3.match(attributes):
                raise ValueError(
                    "this is GFF3; expected a GTF: convert it with gffread FILE -T -o genes.gtf"
                )
            return -1
        number = self._genes.setdefault((chrom, gene_id), len(self._genes))
        if number == len(self._names):
            self._names.append(b"")
        if not self._names[number]:
            found = (_value(pattern, attributes)[0] for pattern in _NAMES)
            self._names[number] = next(filter(None, found), b"")
        return number

    def _transcript(self, gene: int, transcript: bytes, attributes: bytes) -> int:
        """The number of a transcript, which is added at its first row."""
        number = self._transcripts.setdefault((gene, transcript), len(self._transcripts))
        if number == len(self._canonical):
            self._canonical.append(_CANONICAL.search(attributes) is not None)
        return number


def _value(pattern: re.Pattern[bytes], attributes: bytes) -> tuple[bytes, int]:
    """The value of an attribute and where it ends, including what closes it; empty if missing."""
    for found in pattern.finditer(attributes):
        if attributes.count(b'"', 0, found.start()) % 2 == 0:  # not within another value
            return found[1] or found[2] or b"", found.end()
    return b"", 0


def _bare(attributes: bytes) -> bytes:
    """The id of a row whose ninth column is an id alone; else empty."""
    attributes = attributes.strip()
    return attributes.rstrip(b";") if _BARE.match(attributes) else b""
