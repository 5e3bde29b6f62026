"""Reads the genes of a GTF, gzipped or plain, line by line."""

from __future__ import annotations

import logging
import re
from array import array
from collections.abc import Iterable
from itertools import chain, islice
from pathlib import Path

import numpy as np

from regtrack.errors import RegtrackError
from regtrack.files.text import Text
from regtrack.tracks.gene_places import Features, Kind, place_genes
from regtrack.tracks.genes import GeneCounts, Genes

_GENE, _TRANSCRIPT = Kind.GENE.value, Kind.TRANSCRIPT.value  # plain integers are quicker
_KINDS = {
    b"gene": _GENE,
    b"transcript": _TRANSCRIPT,
    b"mRNA": _TRANSCRIPT,
    b"exon": Kind.EXON.value,
    b"CDS": Kind.CODING.value,
}
_NEVER = b"\0"  # no attributes begin with it
_CLOSED = (b'"', b";", b" ", b"\t")  # after them, no value goes on
_SKIPPED = (b"#", b"track ", b"browser ")  # comments, and lines for genome browsers
_MOST_ROWS = 20_000_000  # several times those of the largest annotations; 200 bytes each
_AT_ONCE = 1_000_000  # lines
_LONGEST_ID = 1_000  # bytes
_DIGITS = 12  # exceed the length of any chromosome
# a row's kind and strand in one number: kind + _STRAND * index of the strand
_STRAND = 16
_BY_STRAND = {b"+": _STRAND, b"-": 2 * _STRAND}
_STRANDS = np.array([0, 1, -1], np.int8)
_CANONICAL = re.compile(rb'\btag\s+"?(Ensembl_canonical|MANE[_ ]Select)\b')
_CANONICAL_WORDS = (b"Ensembl_canonical", b"MANE")  # quicker to look for
_GFF3 = re.compile(rb"\s*[\w.:-]+=")
_BARE = re.compile(rb'[^\s;="]+;?$')  # an id alone, in the rows gene and transcript of AUGUSTUS
_OF_TRANSCRIPT = re.compile(rb"\.t\d+$")
_log = logging.getLogger(__name__)


def _attribute(name: str) -> re.Pattern[bytes]:
    """Finds an attribute; its value, quoted or not, is one of two groups."""
    return re.compile(rb'%s\s+(?:"([^"]*)"|([^\s";]+)(?:[\s;]|$))' % name.encode())


# both ids in the order and form of most files; nothing else begins with a quote
_BOTH_IDS = re.compile(rb'gene_id "([^"]*)"; (?:\w+ (?:"[^"]*"|\d+); )*?transcript_id "([^"]*)"')
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
    with _opened(path) as text:
        lines = iter(text)
        while first := next(lines, None):
            reading.take(text, chain([first], islice(lines, _AT_ONCE)))
            if reading.counts.used > _MOST_ROWS:
                raise RegtrackError(
                    f"{path} has more than {_MOST_ROWS:,} rows of genes and exons, as no GTF does"
                )
        reading.skipped += text.blank
    if not reading.found:
        raise _no_genes(path, reading)
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
    reading = _Reading()
    with _opened(path) as text:
        first = next((line for line in text if not line[1].startswith(_SKIPPED)), None)
        if first is None:
            raise _no_genes(path, reading)
        reading.take(text, [first])


def _opened(path: Path) -> Text:
    return Text(path, "GTF file")


def _no_genes(path: Path, reading: _Reading) -> RegtrackError:
    return RegtrackError(
        f"{path} has no genes; expected a GTF with rows gene, transcript, exon or CDS that "
        f"have a gene_id; found {reading.counts.text()}"
    )


class _Reading:
    """What has been read so far: millions of exons are kept as numbers in arrays, not objects."""

    def __init__(self) -> None:
        self.skipped = 0
        self._genes: dict[tuple[bytes, bytes], int] = {}  # chromosome and id
        self._names: list[bytes] = []  # per gene; empty until a row has one
        self._transcripts: dict[tuple[int, bytes], int] = {}  # gene and id
        self._canonical = array("b")  # per transcript
        # the rows of a transcript are adjacent: chromosome, attributes up to both ids
        self._latest = (b"", _NEVER)
        # runs of rows that have gene and transcript in common, and the first row of each
        self._owner, self._of, self._first = array("i", [-1]), array("i", [-1]), array("q", [0])
        self._kinds, self._starts, self._ends = array("b"), array("q"), array("q")
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
            skipped=self.skipped,
        )

    def take(self, text: Text, lines: Iterable[tuple[int, bytes]]) -> None:
        """Process numbered lines; one loop with what it needs at hand, for there are millions.

        Raises:
            RegtrackError: a line is not GTF.
        """
        kinds, starts, ends = self._kinds, self._starts, self._ends
        chrom, begin = self._latest
        gene = self._owner[-1]
        for number, line in lines:
            fields = line.split(b"\t", 8)
            kind = _KINDS.get(fields[2]) if len(fields) > 7 else None
            if kind is None:
                self._take_other(text, number, line, len(fields))
                continue
            first, last = fields[3], fields[4]
            if not (first.isdigit() and last.isdigit() and len(first) <= _DIGITS >= len(last)):
                raise text.refused(number, line, _problem(fields))
            start, end = int(first), int(last)
            if not 0 < start <= end or not fields[0]:
                raise text.refused(number, line, _problem(fields))
            attributes = fields[-1] if len(fields) > 8 else b""
            if fields[0] != chrom or not attributes.startswith(begin):
                try:
                    gene = self._open(fields[0], kind, attributes)
                except ValueError as error:
                    raise text.refused(number, line, str(error)) from None
                chrom, begin = self._latest
            if gene < 0:
                self._nameless += 1
                continue
            kinds.append(kind + _BY_STRAND.get(fields[6], 0))
            starts.append(start - 1)
            ends.append(end)

    def features(self) -> Features:
        """All rows as columns."""
        ids = [gene_id for _, gene_id in self._genes]
        rows = np.diff(np.append(self._first, len(self._kinds)))
        kinds = np.array(self._kinds, dtype=np.int8)
        return Features(
            chroms=tuple(chrom.decode() for chrom, _ in self._genes),
            names=tuple(
                (name or gene_id).decode() for name, gene_id in zip(self._names, ids, strict=True)
            ),
            canonical=np.array(self._canonical, dtype=bool),
            owners=np.repeat(np.array(self._owner, dtype=np.int64), rows),
            transcripts=np.repeat(np.array(self._of, dtype=np.int64), rows),
            kinds=kinds % _STRAND,
            strands=_STRANDS[kinds // _STRAND],
            starts=np.array(self._starts, dtype=np.int64),
            ends=np.array(self._ends, dtype=np.int64),
        )

    def _take_other(self, text: Text, number: int, line: bytes, columns: int) -> None:
        """A line that is no row of a gene, transcript, exon or CDS."""
        if line.startswith(_SKIPPED):
            self.skipped += 1
        elif columns < 8:
            raise text.refused(
                number, line, 'expected nine columns separated by tabs, the last with gene_id "..."'
            )
        else:
            self._other += 1

    def _open(self, chrom: bytes, kind: int, attributes: bytes) -> int:
        """Begin a run of rows; the number of its gene, -1 for none."""
        self._latest = (b"", _NEVER)
        gene, transcript = self._ids(chrom, kind, attributes)
        self._owner.append(gene)
        self._of.append(transcript)
        self._first.append(len(self._kinds))
        return gene

    def _ids(self, chrom: bytes, kind: int, attributes: bytes) -> tuple[int, int]:
        """The numbers of a row's gene and transcript; -1 for none."""
        both = _BOTH_IDS.match(attributes)
        if both and kind != _GENE:
            gene_id, transcript, end = both[1], both[2], both.end()
        else:
            gene_id, end = _value(_GENE_ID, attributes)
            if kind == _GENE:
                return self._gene(chrom, gene_id or _bare(attributes), attributes), -1
            transcript, other_end = _value(_TRANSCRIPT_ID, attributes)
            end = max(end, other_end)
        begin = attributes[:end]
        whole = gene_id and transcript and begin.endswith(_CLOSED)
        if kind == _TRANSCRIPT and not gene_id:
            transcript = transcript or _bare(attributes)
            gene_id = _OF_TRANSCRIPT.sub(b"", transcript)
        gene = self._gene(chrom, gene_id or transcript, attributes)
        number = self._transcript(gene, transcript, attributes) if gene >= 0 else -1
        if whole:  # both ids: some files call every transcript "unknown_transcript_1"
            self._latest = (chrom, begin)
        return gene, number

    def _gene(self, chrom: bytes, gene_id: bytes, attributes: bytes) -> int:
        """The number of a gene, which is added at its first row."""
        if not gene_id:
            if _GFF3.match(attributes):
                raise ValueError(
                    "this is GFF3; expected a GTF: convert it with gffread FILE -T -o genes.gtf"
                )
            return -1
        if len(gene_id) > _LONGEST_ID or len(chrom) > _LONGEST_ID:
            raise ValueError(f"an id or name is longer than {_LONGEST_ID:,} bytes")
        number = self._genes.setdefault((chrom, gene_id), len(self._genes))
        if number == len(self._names):
            self._names.append(b"")
        if not self._names[number]:
            found = (_value(pattern, attributes)[0] for pattern in _NAMES)
            self._names[number] = next(filter(None, found), b"")
        return number

    def _transcript(self, gene: int, transcript: bytes, attributes: bytes) -> int:
        """The number of a transcript, which is added at its first row."""
        if len(transcript) > _LONGEST_ID:
            raise ValueError(f"an id is longer than {_LONGEST_ID:,} bytes")
        number = self._transcripts.setdefault((gene, transcript), len(self._transcripts))
        if number == len(self._canonical):
            words = any(word in attributes for word in _CANONICAL_WORDS)
            self._canonical.append(words and _CANONICAL.search(attributes) is not None)
        return number


def _problem(fields: list[bytes]) -> str:
    """Why a row's chromosome, start or end cannot be used."""
    first, last = fields[3:5]
    if not (first.isdigit() and last.isdigit()):
        return "expected start and end as whole numbers"
    if len(first) > _DIGITS or len(last) > _DIGITS:
        return "no chromosome is this long"
    if not fields[0]:
        return "expected the name of a chromosome"
    return "expected a start of 1 or more, and an end not before it"


def _value(pattern: re.Pattern[bytes], attributes: bytes) -> tuple[bytes, int]:
    """The value of an attribute and where it ends, including what closes it; empty if missing."""
    for found in pattern.finditer(attributes):
        before = attributes[: found.start()].rstrip()
        # where an attribute begins, and not within the value of another
        if (not before or before.endswith(b";")) and before.count(b'"') % 2 == 0:
            return found[1] or found[2] or b"", found.end()
    return b"", 0


def _bare(attributes: bytes) -> bytes:
    """The id of a row whose ninth column is an id alone; else empty."""
    attributes = attributes.strip()
    return attributes.rstrip(b";") if _BARE.match(attributes) else b""
