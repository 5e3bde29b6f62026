"""Reads items of third-party files: peaks, BED and VCF, with the columns that browsers show."""

from __future__ import annotations

import logging
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from regtrack.errors import PeakFileError
from regtrack.files.text import Text
from regtrack.genome.assembly import Assembly
from regtrack.tracks.bigbed.form import LABEL_FORM, PEAK_FORM, VARIANT_FORM, BedForm

_MOST = 5_000_000  # rows
_SKIPPED = (b"#", b"track", b"browser")
_PEAK_COLUMNS = 10
_VCF = b"##fileformat=VCF"
_DARKEST = 1000
_log = logging.getLogger(__name__)

Row = tuple[Any, ...]  # start, end and the columns of a form


@dataclass
class Rows:
    """The items of a file.

    Attributes:
        form: their columns.
        by_chrom: rows by the assembly's names of chromosomes.
        unknown: rows left out: on chromosomes that the assembly lacks.
        outside: rows left out: past the end of their chromosome.
        empty: rows left out: no base, as those of a VCF at the telomere (POS 0).
    """

    form: BedForm
    by_chrom: dict[str, list[Row]] = field(default_factory=dict)
    unknown: int = 0
    outside: int = 0
    empty: int = 0

    def __len__(self) -> int:
        return sum(map(len, self.by_chrom.values()))

    @property
    def dropped(self) -> str:
        """How many rows are left out and why, in words; empty if none is."""
        reasons = (
            (self.unknown, "on chromosomes that the tracks lack"),
            (self.outside, "ending past their chromosome"),
            (self.empty, "with no base"),
        )
        return ", ".join(f"{count:,} {what}" for count, what in reasons if count)


class _EmptyError(Exception):
    """A row that has no base."""


class _RowError(Exception):
    """A row that cannot be used; the reason."""


def read_rows(path: Path, assembly: Assembly) -> Rows:
    """Read narrowPeak, BED or VCF, gzipped or plain, told apart by their lines.

    Rows outside the assembly or without a base are left out, which a warning counts.

    Raises:
        PeakFileError: no such file, a line that is none of these, too many rows, or no row on the
            assembly although there are some.
        AssemblyError: two names of the file are one chromosome.
    """
    with Text(path, "peak file, BED file or VCF file", PeakFileError, "a VCF file") as text:
        found = _read(text, assembly)
    if found.dropped and not len(found):
        raise PeakFileError(
            f"{path} has no item on the tracks, which have {assembly.summary()}: "
            f"{found.dropped}; use "
            + ("files of one assembly" if found.unknown or found.outside else "items with bases")
        )
    if found.dropped:
        _log.warning("%s: items are left out: %s", path, found.dropped)
    return found


def _read(text: Text, assembly: Assembly) -> Rows:
    found: Rows | None = None
    parse: Callable[[Sequence[bytes]], Row] = _bed
    names: dict[bytes, str | None] = {}
    for number, line in text:
        if number == 1 and line.startswith(_VCF):
            found, parse = Rows(VARIANT_FORM), _variant
        if line.startswith(_SKIPPED):
            continue
        fields = line.split(b"\t") if b"\t" in line else line.split()
        if found is None:
            is_peak = len(fields) == _PEAK_COLUMNS
            found, parse = (Rows(PEAK_FORM), _peak) if is_peak else (Rows(LABEL_FORM), _bed)
        try:
            row = parse(fields)
        except _EmptyError:
            found.empty += 1
            continue
        except _RowError as error:
            raise text.refused(number, line, str(error)) from None
        except (IndexError, ValueError, OverflowError):
            raise text.refused(number, line, _EXPECTED[found.form.table]) from None
        chrom = names.get(fields[0], "")
        if chrom == "":
            chrom = names[fields[0]] = assembly.resolve(fields[0].decode())
        if chrom is None:
            found.unknown += 1
            continue
        if row[1] > assembly.length(chrom):
            found.outside += 1
            continue
        found.by_chrom.setdefault(chrom, []).append(row)
        if len(found.by_chrom[chrom]) > _MOST:
            raise PeakFileError(
                f"{text.path} has more than {_MOST:,} items on {chrom}, too many to keep in "
                "memory; make a bigBed of them with UCSC's bedToBigBed"
            )
    # refuses two names of one chromosome
    assembly.bridge((name.decode() for name in names), where=text.path)
    return Rows(LABEL_FORM) if found is None else found


_EXPECTED = {
    "labels": "expected BED: chromosome, start, end and perhaps a name, separated by tabs",
    "narrowPeak": "expected the ten columns of narrowPeak, separated by tabs",
    "variants": "expected VCF: CHROM, POS, ID, REF and ALT, separated by tabs",
}


def _place(start: bytes, end: bytes) -> tuple[int, int]:
    """Start and end (bp).

    Raises:
        _RowError: not whole numbers, or an end before the start.
        _EmptyError: no base.
    """
    if not (start.isdigit() and end.isdigit()):
        raise _RowError("expected start and end as whole numbers of 0 or more")
    low, high = int(start), int(end)
    if low > high:
        raise _RowError(f"its end, {high:,}, is before its start; expected the start first")
    if low == high:
        raise _EmptyError
    return low, high


def _bed(fields: Sequence[bytes]) -> Row:
    return (*_place(fields[1], fields[2]), fields[3].decode() if len(fields) > 3 else ".")


def _peak(fields: Sequence[bytes]) -> Row:
    start, end = _place(fields[1], fields[2])
    numbers = [float(one) for one in fields[6:9]]
    summit = int(fields[9])
    if not all(map(math.isfinite, numbers)) or not -1 <= summit < end - start:
        raise ValueError
    score = min(max(int(float(fields[4])), 0), _DARKEST)
    strand = fields[5].decode()
    if strand not in {"+", "-", "."}:
        raise ValueError
    return start, end, fields[3].decode(), score, strand, *numbers, summit


def _variant(fields: Sequence[bytes]) -> Row:
    chrom, position, name, ref, alt = (one.decode() for one in fields[:5])
    if not position.isdigit():
        raise _RowError("expected POS as a whole number of 0 or more")
    if not (ref.isascii() and ref.isalpha()):
        raise _RowError("expected REF as the letters of the reference")
    start = int(position) - 1
    if start < 0:
        raise _EmptyError  # the telomere
    label = f"{chrom}:{position}_{ref}>{alt}" if name == "." else name
    return start, start + len(ref), label, ref, alt
