"""`regtrack predict`: scores of regions or sequences: a table, bedGraph, arrays or a sketch."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import replace
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from regtrack.cli.console import bars, console, given_lists, print_json, print_table
from regtrack.cli.given import given_networks
from regtrack.cli.offers import AnyAssembly, Device, Precision, offer
from regtrack.cli.sweep_options import Network, NetworkSet
from regtrack.errors import RegtrackError

if TYPE_CHECKING:
    from regtrack.predict.region_files import Binning
    from regtrack.predict.regions import OpenRequest
    from regtrack.predict.scores import RegionScores

EPILOG = """
Examples:

  regtrack predict run --reference hg38.fa --region chr1:1,000,001-1,025,000

  regtrack predict run --reference hg38.fa --bed peaks.bed --summary max --out peaks.tsv

  regtrack predict run1 run2 --sequences library.fa --markers "*CTCF" --out scores.npz

  regtrack predict run --reference hg38.fa --region chr1:1m+50k --markers GM12878_CTCF
  --out ctcf.bedgraph

  regtrack predict --network my_networks:splicing --network-set weights=w.safetensors
  --reference hg38.fa --region chr1:1,000,001-1,025,000
"""

_SKETCHED, _REGIONS, _WIDTH = 20, 5, 48  # markers, regions and characters on screen


def command(
    checkpoints: Annotated[
        list[Path] | None,
        typer.Argument(
            metavar="CHECKPOINT...",
            help="Trained networks (run folders or .safetensors), or none with --network; the mean "
            "of several's logits.",
            show_default=False,
        ),
    ] = None,
    *,
    network: Network = "",
    network_set: NetworkSet = None,
    reference: Annotated[Path | None, typer.Option(help="FASTA, plain or bgzip.")] = None,
    region: Annotated[
        list[str] | None, typer.Option(help="Region, such as chr1:1,000-2,000; repeatable.")
    ] = None,
    bed: Annotated[Path | None, typer.Option(help="BED of regions.")] = None,
    sequences: Annotated[
        Path | None, typer.Option(help="FASTA of sequences to score, instead of --reference.")
    ] = None,
    markers: Annotated[
        list[str] | None, typer.Option(help="Names, globs or category:NAME; default: all.")
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option(help="Write .tsv, .bedgraph or .npz; - prints the table; default: a sketch."),
    ] = None,
    resolution: Annotated[int, typer.Option(help="bp per value, which is their mean.")] = 1,
    summary: Annotated[
        str | None,
        typer.Option(
            help="One value per region: mean or max.", autocompletion=offer("mean", "max")
        ),
    ] = None,
    reverse_complement: Annotated[
        bool, typer.Option("--reverse-complement", help="Average the scores of both strands.")
    ] = False,
    logits: Annotated[bool, typer.Option("--logits", help="Logits instead of scores.")] = False,
    precision: Precision = "fp32",
    device: Device = "auto",
    any_assembly: AnyAssembly = False,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace --out.")] = False,
    as_json: Annotated[
        bool,
        typer.Option(
            "--json", help="Print JSON: the file, or each region's mean and highest value."
        ),
    ] = False,
) -> None:
    """Score regions of a genome, or sequences: what predict-genome writes, for less than a genome.

    A region is read together with the bases around it that its scores depend on; a sequence counts
    as a whole chromosome. Tables have one line per base, per --resolution, or per region
    (--summary), with 0-based starts and NA at N.
    """
    from regtrack.predict.region_files import Binning
    from regtrack.predict.regions import RegionRequest, open_regions

    binning = Binning(resolution, summary)
    _check_output(out, binning, as_json=as_json)
    given = given_networks(checkpoints, network, network_set)
    request = RegionRequest(
        (given,) if isinstance(given, Path) else given,
        _reference(reference, sequences),
        region=tuple(region or ()),
        bed=bed,
        sequences=sequences is not None,
        markers=given_lists("--markers", markers),
        precision=precision,
        device=device,
        reverse_complement=reverse_complement,
        logits=logits,
        any_assembly=any_assembly,
    )
    with open_regions(request) as opened:
        if out is not None:
            inputs = (*(checkpoints or ()), reference, sequences, bed)
            _write(opened, out, binning, inputs=inputs, overwrite=overwrite, as_json=as_json)
        elif as_json:
            with bars() as progress:
                print_json({"regions": [_described(one) for one in opened.scores(progress)]})
        else:
            _sketch(opened)


def _check_output(out: Path | None, binning: Binning, *, as_json: bool) -> None:
    """Refuse two outputs on stdout, and bins that nothing shows.

    Raises:
        RegtrackError: options that contradict each other.
    """
    if as_json and out is not None and str(out) == "-":
        raise RegtrackError(
            "found --json and --out -, which would both print on stdout; expected one of them"
        )
    if out is None and (binning.summary or binning.resolution != 1):
        option = "--summary" if binning.summary else "--resolution"
        raise RegtrackError(
            f"{option} is for --out, which was not given; give --out (- prints the table), or omit "
            f"{option}"
        )


def _reference(reference: Path | None, sequences: Path | None) -> Path:
    if (reference is None) == (sequences is None):
        raise RegtrackError(
            f"found {'neither' if reference is None else 'both'} --reference and --sequences; "
            "expected --reference with --region or --bed, or --sequences"
        )
    given = reference or sequences
    assert given is not None
    return given


def _write(
    opened: OpenRequest,
    out: Path,
    binning: Binning,
    *,
    inputs: Sequence[Path | None],
    overwrite: bool,
    as_json: bool,
) -> None:
    """Write the file, or the table to stdout where it is `-`."""
    from regtrack.atomic import publish_file
    from regtrack.predict.region_files import arranged, binned, check_format, write_bins, write_tsv

    if str(out) == "-":
        with bars() as progress:
            found = binned(opened.scores(progress), binning)
            write_tsv(sys.stdout, opened.markers, found)
        return
    check_format(out.suffix, opened.markers)
    opened = replace(opened, regions=arranged(out.suffix, opened.regions))
    with publish_file(out, inputs=inputs, overwrite=overwrite) as path, bars() as progress:
        found = binned(opened.scores(progress), binning)
        write_bins(path, out.suffix, opened.markers, found)
    if as_json:
        print_json({"file": str(out), "regions": len(opened.regions), "bases": opened.bases,
                    "markers": list(opened.markers)})  # fmt: skip
        return
    scored = f"regions {len(opened.regions):,} ({opened.bases:,} bp)"
    console.print(f"{out}: {scored}, markers {len(opened.markers):,}")


def _described(found: RegionScores) -> dict[str, Any]:
    """A region's mean and highest value by marker, and where that is (1-based)."""
    import numpy as np

    region = found.interval
    assert region is not None
    markers = {}
    for marker, values in zip(found.markers, found.values, strict=True):
        known = ~np.isnan(values)
        top = int(np.nanargmax(values)) if known.any() else None
        markers[marker] = {
            "mean": float(values[known].mean()) if known.any() else None,
            "max": None if top is None else float(values[top]),
            "at": None if top is None else region.start + top + 1,
        }
    return {"chrom": region.chrom, "start": region.start, "end": region.end, "markers": markers}


def _sketch(opened: OpenRequest) -> None:
    """Show the first few regions on screen: the markers with the highest values."""
    from regtrack.cli.sketch import sketch

    for found in islice(opened.scores(), _REGIONS):
        described = _described(found)["markers"]
        ranked = sorted(
            range(len(found.markers)), key=lambda row: -(described[found.markers[row]]["max"] or 0)
        )
        rows = [
            (
                found.markers[row],
                sketch(found.values[row], _WIDTH, console.encoding),
                *_cells(described[found.markers[row]]),
            )
            for row in ranked[:_SKETCHED]
        ]
        columns = ("marker", "from first to last base", "mean", "highest", "at")
        print_table(f"{found.interval}", columns, rows)
        if len(ranked) > _SKETCHED:
            console.print(f"and {len(ranked) - _SKETCHED:,} markers with lower values")
    if len(opened.regions) > _REGIONS:
        console.print(f"and {len(opened.regions) - _REGIONS:,} more regions: write them with --out")


def _cells(of_marker: dict[str, Any]) -> tuple[str, str, str]:
    if of_marker["max"] is None:
        return "-", "-", "-"
    return f"{of_marker['mean']:.4g}", f"{of_marker['max']:.4g}", f"{of_marker['at']:,}"
