"""Sweeps from the command line: who runs them, and what is printed."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from regtrack.cli.console import (
    bars,
    console,
    duration_text,
    per_second,
    print_json,
    print_table,
    size_text,
    taken_text,
)
from regtrack.errors import RegtrackError
from regtrack.genome.interval import span_text

if TYPE_CHECKING:
    from regtrack.progress import Progress
    from regtrack.sweep.computation import MakeComputation
    from regtrack.sweep.request import SweepRequest
    from regtrack.sweep.run import Open
    from regtrack.sweep.summary import Forecast, ShareSummary, SweepSummary

_SHOWN = 20  # tracks listed individually; more are summarised (--json lists all)


def sweep(
    request: SweepRequest,
    *,
    runner: Open,
    note: Callable[[SweepSummary], None] = lambda _: None,
    shard: str | None = None,
    dry_run: bool = False,
    overwrite: bool = False,
    as_json: bool = False,
    hub: bool = False,
) -> None:
    """Forecast a sweep, make a share or all of it, and print the result.

    `note` gets the summary of a whole sweep, to warn about its tracks.
    """
    if hub and shard is not None:
        raise RegtrackError(
            "--hub is for a whole sweep, and this is a share of one; run regtrack hub when "
            "regtrack assemble has joined the shares"
        )
    from regtrack.sweep.run import forecast_sweep, run_share, run_sweep

    show = _as_json if as_json else _as_text
    if dry_run:
        show(forecast_sweep(request, shard, runner=runner, overwrite=overwrite))
        return
    with bars() as progress:
        options: dict[str, Any] = {
            "runner": runner,
            "progress": progress,
            "announce": (lambda _: None) if as_json else print_forecast,
            "overwrite": overwrite,
        }
        if shard is None:
            summary = run_sweep(request, **options)
            note(summary)
            if hub:
                _write_hub(request, summary, progress)
            found: ShareSummary | SweepSummary = summary
        else:
            found = run_share(request, shard, **options)
    show(found)
    if hub and not as_json:
        console.print(f"How to open it in genome browsers: {request.out}/index.html")


def _write_hub(request: SweepRequest, summary: SweepSummary, progress: Progress) -> None:
    """Write a hub into a sweep's folder; for an assembly that browsers lack, with its sequence."""
    from regtrack.hub.publish import HubRequest, write_hub
    from regtrack.hub.track_db import plain
    from regtrack.tracks.bigwig.raw import RawBigWig
    from regtrack.tracks.session import known_genome

    out, reference = Path(request.out), Path(request.reference)
    with RawBigWig(out / summary.tracks[0].file) as track:
        known = known_genome(track.assembly)
    name = known or plain(reference.name.partition(".")[0]) or "genome"
    hub = HubRequest(paths=[out], genome=name, reference=None if known else reference)
    write_hub(hub, overwrite=True, progress=progress)


def runner_of(
    scheduler: str | None, file: Path | None, *, make: MakeComputation | None = None
) -> Open:
    """What runs the sweep: this process, or the given cluster.

    Args:
        scheduler: address of a Dask scheduler.
        file: the file that it writes, instead.
        make: makes what computes the values; default: the network's scores.
    """
    from regtrack.sweep.compute import make_scorer
    from regtrack.sweep.job import open_job

    named = [given for given in (scheduler, file) if given is not None]
    if not named:
        return partial(open_job, make=make or make_scorer)
    if len(named) > 1:
        raise RegtrackError("give --dask-scheduler or --dask-scheduler-file, not both")
    if named[0] == "":
        raise RegtrackError(
            "--dask-scheduler is empty; give the scheduler's address, or omit the option"
        )
    from regtrack.sweep.cluster import on_dask

    return on_dask(named[0], make=make or make_scorer)


def _as_json(found: Forecast | ShareSummary | SweepSummary) -> None:
    print_json(found.to_dict())


def _as_text(found: Forecast | ShareSummary | SweepSummary) -> None:
    from regtrack.sweep.summary import Forecast, ShareSummary

    if isinstance(found, Forecast):
        print_forecast(found)
    elif isinstance(found, ShareSummary):
        _print_share(found)
    else:
        print_summary(found)


def print_forecast(forecast: Forecast) -> None:
    """What a sweep will write and need, in three lines."""
    files = _count(len(forecast.files), "file")
    windows, chunks = _count(forecast.windows, "window"), _count(forecast.chunks, "chunk")
    left = f", {forecast.chunks_left:,} to compute now"
    strands = ", both strands" if forecast.strands == 2 else ""
    compiled = ", compiled" if forecast.compiled else ""
    averaged = f", means of {forecast.resolution} bp" if forecast.resolution > 1 else ""
    encoded = (
        f", {forecast.encoding:.0%} of it to store values," if forecast.encoding > 0.05 else ""
    )
    console.print(
        f"{forecast.out}: {files}, {span_text(forecast.bases)} each, "
        f"{forecast.keep_bits} bits kept{averaged}, at most {size_text(forecast.disk)}, "
        f"{size_text(forecast.disk_peak)} while the tracks are joined\n"
        f"{windows} of {forecast.window:,} bp, {forecast.batch_size} at once, "
        f"flank {forecast.flank:,} bp, {forecast.seam} seams, {forecast.precision} on "
        f"{forecast.device}{strands}"
        f"{compiled}\n"
        f"{chunks}{left if forecast.chunks_left < forecast.chunks else ''}, "
        f"about {duration_text(forecast.seconds)}{encoded} "
        f"and {size_text(forecast.memory)} of memory"
    )


def _count(number: int, thing: str) -> str:
    return f"{number:,} {thing}{'' if number == 1 else 's'}"


def _print_share(share: ShareSummary) -> None:
    if share.left:
        then = f"{_count(share.left, 'chunk')} of other shares still missing"
    elif share.broken:
        then = f"{_count(share.broken, 'chunk')} of other shares broken: run those shares again"
    else:
        then = f"all shards are done; run: regtrack assemble {share.folder}"
    console.print(
        f"{share.folder}: {_count(share.chunks, 'chunk')} of this share, {share.made:,} computed "
        f"now in {taken_text(share.seconds)}; {then}"
    )


def print_summary(summary: SweepSummary) -> None:
    """What a sweep wrote: one line per track, and totals."""
    columns = ("file", "category", "mean", "lowest", "highest", "size")
    rows = [
        (
            track.file, track.category, f"{track.mean:.4f}", f"{track.low:.4f}",
            f"{track.high:.4f}", size_text(track.size),
        )
        for track in summary.tracks[:_SHOWN]
    ]  # fmt: skip
    print_table(None, columns, rows)
    more = len(summary.tracks) - _SHOWN
    speed = "" if summary.speed is None else f" ({per_second(summary.speed, 'bp')})"
    console.print(
        (f"and {more} more\n" if more > 0 else "")
        + f"{summary.out}: bases with a value {summary.bases:,}, N {summary.absent:,}, "
        f"{size_text(summary.size)} in {taken_text(summary.seconds)}{speed}"
    )
