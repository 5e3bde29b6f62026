"""Items of a bigBed as bytes: blocks of rows, and which block holds which name."""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from regtrack.errors import TrackError
from regtrack.files.shown import shown
from regtrack.genome.intervals import Positions
from regtrack.tracks.bigbed.form import BedForm, Column
from regtrack.tracks.bigwig.layout import BLOCK_ENTRY

ITEMS_PER_BLOCK = 512  # as bedToBigBed
_PLACE = np.dtype([("chrom", "<u4"), ("start", "<u4"), ("end", "<u4")])
_FORBIDDEN = re.compile("[\t\n\r\0]")


@dataclass(frozen=True)
class Block:
    """A block of items of one chromosome.

    Attributes:
        data: compressed bytes.
        unpacked: bytes before compression.
        entry: `BLOCK_ENTRY` (1,): its chromosome's number, and the bases (bp) that it spans.
        names: of its items, each once; empty without a column to look up.
    """

    data: bytes
    unpacked: int
    entry: npt.NDArray[np.void]
    names: frozenset[str]


def blocks(
    form: BedForm,
    number: int,
    starts: Positions,
    ends: Positions,
    columns: Sequence[Sequence[Any] | npt.NDArray[Any]],
) -> Iterator[Block]:
    """Pack the items of a chromosome.

    Args:
        form: names and types of the columns.
        number: of the chromosome in the file.
        starts: in bp, ascending, int64 (n,).
        ends: in bp, int64 (n,).
        columns: values of each column after the third, (n,) each.

    Raises:
        TrackError: a value that its column cannot hold.
    """
    texts = [_texts(column, values) for column, values in zip(form.columns, columns, strict=True)]
    named = [one.name for one in form.columns].index("name") if form.by_name else None
    rests = list(map("\t".join, zip(*texts, strict=True))) if texts else [""] * len(starts)
    places = np.empty(len(starts), dtype=_PLACE)
    places["chrom"], places["start"], places["end"] = number, starts, ends
    packed = places.tobytes()
    for first in range(0, len(starts), ITEMS_PER_BLOCK):
        last = min(first + ITEMS_PER_BLOCK, len(starts))
        rows = b"".join(
            packed[at * _PLACE.itemsize : (at + 1) * _PLACE.itemsize] + rests[at].encode() + b"\0"
            for at in range(first, last)
        )
        data = zlib.compress(rows)
        entry = np.zeros(1, dtype=BLOCK_ENTRY)
        entry["chrom"], entry["size"] = number, len(data)
        entry["start"], entry["end"] = starts[first], ends[first:last].max()
        names = frozenset() if named is None else frozenset(texts[named][first:last])
        yield Block(data, len(rows), entry, names)


def _texts(column: Column, values: Sequence[Any] | npt.NDArray[Any]) -> list[str]:
    """The values of a column as text.

    Raises:
        TrackError: a value that the column cannot hold.
    """
    if column.type in {"uint", "int"}:
        numbers = np.asarray(values, np.int64)
        least, most = (0, 2**32 - 1) if column.type == "uint" else (-(2**31), 2**31 - 1)
        if len(numbers) and not least <= numbers.min() <= numbers.max() <= most:
            raise TrackError(
                f'column "{column.name}" has values from {numbers.min():,} to {numbers.max():,}; '
                f"expected {least:,} to {most:,}"
            )
        return list(map(str, numbers.tolist()))
    if column.type in {"float", "double"}:
        floats = np.asarray(values, np.float64)
        if not np.isfinite(floats).all():
            raise TrackError(f'column "{column.name}" has a value that is no number')
        digits = 9 if column.type == "float" else 17
        return [f"{value:.{digits}g}" for value in floats.tolist()]
    texts = list(map(str, values))
    if _FORBIDDEN.search("".join(texts)):
        wrong = next(text for text in texts if _FORBIDDEN.search(text))
        raise TrackError(f'column "{column.name}" holds {shown(wrong)}; expected no tab in it')
    return texts
