"""What a table without a header is, told by its columns: intervals of several formats look alike.

A bedGraph has values where BED has names, and BEDPE a second interval; read as peaks, either would
label what it does not mean. Names may be numbers too, so all rows at hand are judged together.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import pairwise

BEDGRAPH, BEDPE = "a bedGraph file", "a BEDPE file"
UNSURE = "a BED or bedGraph file"

_Row = Sequence[bytes]
_NUMBER = re.compile(rb"[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?|nan", re.I)
_CHROM = re.compile(rb"chr([0-9]{1,2}[a-z]?|[xymuz]|mt|un)\b.*", re.I)
_LEAST = 10  # rows of a bedGraph, so that intervals that touch are no accident
_NO_MATE = [b".", b"-1", b"-1"]


def kind_of_rows(rows: Sequence[_Row]) -> str:
    """The format of a table, as a noun phrase with its article; "text" for all others.

    A bedGraph has four columns, the last of which is a number, and its intervals, in order, mostly
    touch. If few touch, it may be BED with numbers as names: then decimals say that it is unsure.

    Args:
        rows: the first rows, as columns.
    """
    if not rows:
        return "text"
    first = rows[0]
    if _is_interval(first):
        if _are_pairs(rows):
            return BEDPE
        return _bedgraph(rows) if len(first) == 4 else "a BED file"
    if len(first) >= 9 and first[3].isdigit() and first[4].isdigit():
        return "a GFF3 file" if re.match(rb"\s*\w+=", first[8]) else "a GTF file"
    return "text"


def _is_interval(row: _Row) -> bool:
    return len(row) >= 3 and row[1].isdigit() and row[2].isdigit()


def _are_pairs(rows: Sequence[_Row]) -> bool:
    """Whether columns 4 to 6 of all rows are a second interval, not name, score and strand.

    Where chromosomes are numbers, counts look like them: there, half of the mates must follow on
    their own chromosome, as in files of read pairs and loops.
    """
    mates = [row[3:6] for row in rows]
    if not all(
        _is_interval(row) and (_is_interval(row[3:6]) or row[3:6] == _NO_MATE) for row in rows
    ):
        return False
    names = {row[0] for row in rows}
    named = [name for name, *_ in mates if name != b"."]
    if not named or any(name not in names and not _CHROM.fullmatch(name) for name in named):
        return False
    if any(_CHROM.fullmatch(name) or not name.isdigit() for name in named):
        return True
    follow = [
        row[0] == row[3] and int(row[4]) >= int(row[1]) for row in rows if _is_interval(row[3:6])
    ]
    return 2 * sum(follow) >= len(follow)


def _bedgraph(rows: Sequence[_Row]) -> str:
    """The kind of rows of four columns, the first of which is an interval."""
    if not all(len(row) == 4 and _is_interval(row) and _NUMBER.fullmatch(row[3]) for row in rows):
        return "a BED file"
    places = [(row[0], int(row[1]), int(row[2])) for row in rows]
    gaps = [after[1] - before[2] for before, after in pairwise(places) if before[0] == after[0]]
    if min(gaps, default=0) < 0:  # values would contradict each other
        return "a BED file"
    decimal = not all(row[3].isdigit() for row in rows)
    names = [int(row[3]) for row in rows] if not decimal else []
    counted = not decimal and all(after == before + 1 for before, after in pairwise(names))
    touching = gaps.count(0)
    if counted or not (decimal or touching):
        return "a BED file"
    return BEDGRAPH if len(rows) >= _LEAST and 2 * touching >= len(gaps) else UNSURE
