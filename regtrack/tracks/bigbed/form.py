"""The columns of a bigBed, which it describes to its readers in autoSql (Kent and Brumbaugh 2002).

The forms here are those of UCSC: a browser knows a column by its name.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import NamedTuple

from regtrack.errors import TrackError

_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]*")
_TYPE = re.compile(r"(string|lstring|uint|int|float|double|char\[1\])|(int|uint)\[\w+\]")


class Column(NamedTuple):
    """A column: its type in autoSql, its name, and what it is in words."""

    type: str
    name: str
    about: str


@dataclass(frozen=True)
class BedForm:
    """The columns of a bigBed, of which the first three are chrom, chromStart and chromEnd.

    Attributes:
        table: name of the kind of items, such as `narrowPeak`.
        about: what the items are, on one line.
        columns: those after the first three.
        standard: how many of all columns are those of BED: 3 to 12.
        by_name: whether readers can look items up by the column `name`.

    Raises:
        TrackError: a name or a type that autoSql lacks, or a number of columns that cannot be.

    >>> PEAK_FORM.type
    'bigBed 6 +'
    """

    table: str
    about: str
    columns: tuple[Column, ...]
    standard: int
    by_name: bool = False

    def __post_init__(self) -> None:
        for name in (self.table, *(column.name for column in self.columns)):
            if not _NAME.fullmatch(name):
                raise TrackError(f'"{name}" is no name of autoSql; expected letters, digits and _')
        for column in self.columns:
            if not _TYPE.fullmatch(column.type):
                raise TrackError(f'"{column.type}" is no type of a column of a bigBed')
        if not 3 <= self.standard <= min(12, self.fields):
            raise TrackError(f"{self.standard} columns of BED of {self.fields}; expected 3 to 12")
        if self.by_name and "name" not in {column.name for column in self.columns}:
            raise TrackError("items are to be looked up by name, and no column is called name")

    @property
    def fields(self) -> int:
        """The number of all columns."""
        return 3 + len(self.columns)

    @property
    def type(self) -> str:
        """The type of such a track in a hub."""
        return f"bigBed {self.standard}{' +' if self.fields > self.standard else ''}"

    @property
    def auto_sql(self) -> str:
        """The description that is kept in the file."""
        rows = [f'    {one.type} {one.name}; "{_quoted(one.about)}"' for one in _PLACE]
        rows += [f'    {one.type} {one.name}; "{_quoted(one.about)}"' for one in self.columns]
        return "\n".join([f"table {self.table}", f'"{_quoted(self.about)}"', "(", *rows, ")", ""])


def _quoted(text: str) -> str:
    """A text for autoSql, which has no escapes."""
    return " ".join(text.replace('"', "'").split())


_PLACE = (
    Column("string", "chrom", "Chromosome"),
    Column("uint", "chromStart", "First base, counted from 0"),
    Column("uint", "chromEnd", "One past the last base"),
)
_ITEM_NAME = Column("string", "name", "Name")
_SCORE = Column("uint", "score", "0 to 1000: how dark the item is drawn")
_STRAND = Column("char[1]", "strand", "+, - or . for none")

LABEL_FORM = BedForm("labels", "Labelled bases of a marker", (_ITEM_NAME,), 4)
"""Named intervals."""

PEAK_FORM = BedForm(
    "narrowPeak",
    "Peaks of signal, each with its summit",
    (
        _ITEM_NAME,
        _SCORE,
        _STRAND,
        Column("float", "signalValue", "Enrichment of the peak, or its highest value"),
        Column("float", "pValue", "-log10 of the p-value; -1 for none"),
        Column("float", "qValue", "-log10 of the q-value; -1 for none"),
        Column("int", "peak", "Summit, in bp from chromStart; -1 for none"),
    ),
    6,
    by_name=True,
)
"""narrowPeak of ENCODE; a hub calls the file `bigNarrowPeak`."""

GENE_FORM = BedForm(
    "genes",
    "Genes, each with the exons of one transcript",
    (
        _ITEM_NAME,
        _SCORE,
        _STRAND,
        Column("uint", "thickStart", "Where it begins to code"),
        Column("uint", "thickEnd", "Where it ceases to code; thickStart if it does not code"),
        Column("uint", "reserved", "Colour; 0 for that of the track"),
        Column("int", "blockCount", "Number of exons"),
        Column("int[blockCount]", "blockSizes", "Sizes of the exons in bp, with commas"),
        Column("int[blockCount]", "chromStarts", "Starts of the exons, in bp from chromStart"),
    ),
    12,
    by_name=True,
)
"""BED12: genes with their exons."""

VARIANT_FORM = BedForm(
    "variants",
    "Variants",
    (
        _ITEM_NAME,
        Column("lstring", "ref", "Bases of the reference"),
        Column("lstring", "alt", "Other bases, with commas"),
    ),
    4,
    by_name=True,
)
"""Variants with their alleles."""
