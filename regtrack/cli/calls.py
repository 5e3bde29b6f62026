"""`regtrack calls`: tracks in, peaks with a stated precision out."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from regtrack.cli.console import (
    bars,
    console,
    given_lists,
    per_second,
    print_json,
    print_table,
    taken_text,
)

if TYPE_CHECKING:
    from regtrack.calls.summary import CallSummary

EPILOG = """
Examples:

  regtrack calls tracks --precision 0.8

  regtrack calls tracks --fdr 0.1 --extend-to 0.3 --markers "*CTCF" --out peaks

  regtrack calls signal.bw --threshold 2.5 --min-length 200 --max-gap 30
"""

_THRESHOLD = "Threshold (one of the first three)"
_SHOWN = 40


def command(
    path: Annotated[
        Path, typer.Argument(help="A sweep of predict-genome, a bigWig, or a folder of these.")
    ],
    *,
    precision: Annotated[
        float | None,
        typer.Option(
            help="Lowest threshold with this precision, by the table of the checkpoint.",
            rich_help_panel=_THRESHOLD,
        ),
    ] = None,
    fdr: Annotated[
        float | None,
        typer.Option(
            help="The same by false discovery rate: 1 - precision.", rich_help_panel=_THRESHOLD
        ),
    ] = None,
    threshold: Annotated[
        float | None,
        typer.Option(help="The threshold, in the track's unit.", rich_help_panel=_THRESHOLD),
    ] = None,
    extend_to: Annotated[
        float | None,
        typer.Option(
            help="Extend peaks over bases down to this precision, FDR or threshold; default: none.",
            rich_help_panel=_THRESHOLD,
        ),
    ] = None,
    min_length: Annotated[int, typer.Option(help="Shortest peak (bp).")] = 50,
    max_gap: Annotated[
        int, typer.Option(help="Longest gap of lower or absent values to bridge (bp).")
    ] = 25,
    markers: Annotated[
        list[str] | None, typer.Option(help="Names, globs or category:NAME; default: all.")
    ] = None,
    checkpoint: Annotated[
        Path | None,
        typer.Option(help="Calibrated checkpoint that made the sweep; default: the one it names."),
    ] = None,
    out: Annotated[
        Path | None, typer.Option(help="Folder to write; default: PATH-calls, beside PATH.")
    ] = None,
    threads: Annotated[
        int | None, typer.Option(help="Tracks read at once; default: one per core.")
    ] = None,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace --out.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print the result as JSON.")] = False,
) -> None:
    """Call peaks: narrowPeak and bigBed per track, with the precision of the threshold.

    A peak is a stretch of bases at or above the threshold, or the lower one of --extend-to, that
    reaches the threshold. Precision and recall are those that the threshold had, base by base, on
    the split of regtrack calibrate; calls.csv has them too.
    """
    from regtrack.calls.rule import CallRule
    from regtrack.calls.run import call_peaks

    rule = CallRule(
        precision=precision, fdr=fdr, threshold=threshold, extend_to=extend_to,
        min_length=min_length, max_gap=max_gap,
    )  # fmt: skip
    place = path.resolve() if path.name in {"", ".."} else path
    with bars() as progress:
        found = call_peaks(
            path, out or place.with_name(f"{place.stem if place.is_file() else place.name}-calls"),
            rule, markers=given_lists("--markers", markers), checkpoint=checkpoint,
            threads=threads, overwrite=overwrite, progress=progress,
        )  # fmt: skip
    if as_json:
        print_json({"out": str(found.out), "seconds": found.seconds, **found.to_dict()})
    else:
        _print(found)


def _print(found: CallSummary) -> None:
    columns: tuple[str, ...] = ("track", "peaks", "bases", "threshold", "precision", "recall")
    extended = any(one.low_threshold != one.threshold for one in found.tracks)
    if extended:
        columns += ("extended to", "precision", "recall")
    rows = [
        (
            one.marker or one.track, f"{one.peaks:,}", f"{one.bases:,}",
            *_cells(one.threshold, one.precision, one.recall),
            *(_cells(one.low_threshold, one.low_precision, one.low_recall) if extended else ()),
        )
        for one in found.tracks[:_SHOWN]
    ]  # fmt: skip
    print_table(None, columns, rows)
    if len(found.tracks) > _SHOWN:
        console.print(f"and {len(found.tracks) - _SHOWN:,} more, in calls.csv")
    for one in found.tracks:
        if one.note:
            console.print(f"{one.marker or one.track}: {one.note}; its files are empty")
    console.print(
        f"{found.out}: {sum(one.peaks for one in found.tracks):,} peaks in "
        f"{taken_text(found.seconds)} ({per_second(found.read / found.seconds, 'bp')})"
    )


def _cells(value: float | None, precision: float | None, recall: float | None) -> tuple[str, ...]:
    return tuple("-" if one is None else f"{one:.4g}" for one in (value, precision, recall))
