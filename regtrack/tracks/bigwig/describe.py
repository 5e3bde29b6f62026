"""Describe a bigWig of any writer by its header, with what is doubtful about it."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

from regtrack.errors import TrackError
from regtrack.tracks.bigwig.header import Summary
from regtrack.tracks.bigwig.raw import RawBigWig


def describe_bigwig(path: Path) -> dict[str, Any]:
    """The content of a bigWig as JSON-serialisable values, without reading its data.

    The statistics are those of the file's summary. If they cannot be right, or the file ends in an
    unusual way, `doubt` says so.

    Args:
        path: the file.

    Raises:
        TrackError: not a bigWig, or a truncated one.
    """
    doubts = []
    with RawBigWig(path) as raw:
        raw.check_whole()
        if not raw.ends_with_magic():
            doubts.append("no magic number at its end, though all its blocks are there")
        bases = sum(chrom.length for chrom in raw.chroms)
        found: dict[str, Any] = {"kind": "bigWig", "chromosomes": len(raw.chroms), "bases": bases}
        if raw.header.summary_at:  # the first version of the format has none
            try:
                summary = raw.summary
            except TrackError as error:
                doubts.append(str(error))
            else:
                found |= _statistics(summary)
                doubts += _doubts(summary, bases, empty=len(raw.index) == 0)
        found |= {"zoom levels": len(raw.header.zooms), "bytes": raw.source.size}
    if doubts:
        found["doubt"] = f"{'; '.join(doubts)}; for details run: regtrack validate {path}"
    return found


def _statistics(summary: Summary) -> dict[str, Any]:
    if summary.covered == 0:
        return {"bases with a value": 0}
    return {
        "bases with a value": summary.covered,
        "lowest": _number(summary.least),
        "highest": _number(summary.greatest),
        "mean": _number(summary.total / summary.covered),
    }


def _doubts(summary: Summary, bases: int, *, empty: bool) -> list[str]:
    """Why a summary cannot be right; `empty` says that the file has no data."""
    if summary.covered == 0:
        return [] if empty else ["its summary says nothing about its values"]
    if summary.covered > bases:
        return [f"it says that {summary.covered:,} of its {bases:,} bases have a value"]
    low, high, mean = summary.least, summary.greatest, summary.total / summary.covered
    slack = 1e-4 * max(abs(low), abs(high))  # some writers sum in float32
    if low - slack <= mean <= high + slack and math.isfinite(mean):  # not if one of them is NaN
        return []
    return [f"it says that values of {low:.4g} to {high:.4g} have mean {mean:.4g}"]


def _number(value: float) -> float | str:
    """A number for JSON, which has none that is not finite."""
    return value if math.isfinite(value) else str(value)
