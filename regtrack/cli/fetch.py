"""`regtrack fetch`: public data in, checked files that the other commands read out."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated
from urllib.parse import urlsplit

import typer

from regtrack.cli.console import (
    bars,
    console,
    given_lists,
    print_json,
    print_table,
    size_text,
    taken_text,
)
from regtrack.cli.wording import in_options
from regtrack.errors import harmless

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from regtrack.fetch.summary import FetchPlan, FetchSummary

_SHOWN = 20  # files listed individually; more are counted (--json lists all)

EPILOG = """
Examples:

  regtrack fetch starter --out starter

  regtrack fetch encode-919 hg19 blacklist --out paper --jobs 8

  regtrack fetch encode-919 --out ctcf --markers '*CTCF' --dry-run

  regtrack fetch hg38 genes --out hg38 --chroms chr21,chr22
"""


def command(
    what: Annotated[
        list[str],
        typer.Argument(
            help="encode-919, hg19, hg38, blacklist, genes, mappability, starter, or those of "
            "--sources.",
            metavar="WHAT...",
        ),
    ],
    *,
    out: Annotated[Path, typer.Option(help="Folder to write; what is there already is kept.")],
    markers: Annotated[
        list[str] | None,
        typer.Option(help="Fetch only these markers: globs like '*CTCF' or category:DNase."),
    ] = None,
    chroms: Annotated[
        list[str] | None, typer.Option(help="Only these chromosomes of a reference; default: all.")
    ] = None,
    assembly: Annotated[
        str | None,
        typer.Option(
            help="hg19 or hg38, where both exist; default: that of the other names, else hg19."
        ),
    ] = None,
    sources: Annotated[
        Path | None, typer.Option(help="Your own table of sources (TSV): collections, urls, ...")
    ] = None,
    jobs: Annotated[int, typer.Option(help="Downloads at once.")] = 4,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Show files and sizes, and write nothing.")
    ] = False,
    overwrite: Annotated[
        bool,
        typer.Option(
            "--overwrite",
            help="Replace files of other origin, and references of other chromosomes.",
        ),
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print the result as JSON.")] = False,
) -> None:
    """Fetch public data: the paper's 919 peak files, references, genes.

    Downloads resume where they were cut off and are checked by size and published checksum. The
    same command again fetches only what is missing or damaged. Exit status 1 if a file failed.
    """
    from regtrack.fetch.choose import FetchRequest
    from regtrack.fetch.run import fetch_data, plan_fetch

    request = FetchRequest(
        what,
        markers=given_lists("--markers", markers),
        chroms=given_lists("--chroms", chroms),
        assembly=assembly,
        sources=sources,
    )
    if dry_run:
        with bars() as progress:
            plan = plan_fetch(request, out, jobs=jobs, progress=progress)
        print_json(plan.to_dict()) if as_json else print_plan(plan)
        return
    with bars() as progress:
        done = fetch_data(request, out, jobs=jobs, overwrite=overwrite, progress=progress)
    print_json(done.to_dict()) if as_json else _print_summary(done)
    raise typer.Exit(1 if done.failed else 0)


def print_plan(plan: FetchPlan) -> None:
    """Show what a fetch will download, and the sizes."""
    rows = [(one.file, _size(one.size), urlsplit(one.url).netloc) for one in plan.missing[:_SHOWN]]
    more = len(plan.missing) - len(rows)
    rows += [(f"and {more:,} more", "", "")] * (more > 0)
    if rows:
        print_table("To fetch", ("file", "size", "from"), rows)
    if plan.silent:
        console.print(f"No server answers ({plan.silent}), so sizes are unknown.")
    known = [size_text(plan.bytes)] * (plan.unknown < len(plan.missing) or not plan.missing)
    unknown = [f"{plan.unknown:,} of unknown size"] * (plan.unknown > 0)
    console.print(
        f"{plan.out}: {len(plan.missing):,} files to fetch, {' and '.join(known + unknown)}; "
        f"{len(plan.files) - len(plan.missing):,} there already"
    )
    _print_citations(plan.citations)


def _size(count: int | None) -> str:
    return "unknown" if count is None else size_text(count)


def _print_summary(done: FetchSummary) -> None:
    for one in done.failed[:_SHOWN]:  # lines, since a table would cut names to its width
        console.print(f"failed: {one.file}: {in_options(harmless(one.reason))}")
    if len(done.failed) > _SHOWN:
        console.print(f"failed: {len(done.failed) - _SHOWN:,} more, which --json lists")
    failed = f", {len(done.failed):,} failed (run again for these)" if done.failed else ""
    console.print(
        f"{done.out}: {len(done.fetched):,} files fetched, {size_text(done.bytes)} in "
        f"{taken_text(done.seconds)}; {len(done.kept):,} there already{failed}"
    )
    if done.checked:
        console.print(f"Checked by: {_counted(done.checked)}; SHA-256 in {done.out / 'SHA256SUMS'}")
    _print_citations(done.citations)
    if done.failed:
        return
    if done.markers and done.references:
        reference, markers = done.out / done.references[0], done.out / done.markers
        console.print(
            f"Next: regtrack build-dataset --reference {reference} --markers {markers} --out data"
        )


def _counted(checked: Mapping[str, int]) -> str:
    return ", ".join(f"{how} {count:,}" for how, count in checked.items())


def _print_citations(citations: Sequence[str]) -> None:
    if citations:
        console.print(f"Cite: {'; '.join(citations)}")
