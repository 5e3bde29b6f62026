"""`regtrack validate`: checks bigWigs, datasets, checkpoints and sweeps down to every value."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from regtrack.errors import RegtrackError
from regtrack.files.shown import shown

if TYPE_CHECKING:
    from regtrack.tracks.bigwig.validate import Report
    from regtrack.validation import StoredReport

_LONGEST = 1_000  # letters of a line

EPILOG = """Examples:

  regtrack validate runs/genome/*.bw --reference hg38.fa

  regtrack validate theirs.bw --sizes hg38.chrom.sizes --json

  regtrack validate data run tracks"""


def command(
    paths: Annotated[
        list[Path],
        typer.Argument(
            help="bigWigs, of any writer, and datasets, checkpoints and sweeps of regtrack.",
            metavar="PATH...",
        ),
    ],
    reference: Annotated[
        Path | None, typer.Option(help="FASTA that the chromosomes must belong to.")
    ] = None,
    sizes: Annotated[
        Path | None, typer.Option(help="Names and lengths instead: .chrom.sizes or .fai.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the result as JSON.")] = False,
) -> None:
    """Check that files are valid, down to every value, and name all that is wrong.

    Of a bigWig all values and zoom records are checked, and pyBigWig must find the same values; of
    datasets, checkpoints and shards every checksum; of a sweep its record and its bigWigs. Exit
    status 1 if anything is wrong, with its position; 2 if a file does not exist.
    """
    from dataclasses import asdict

    from regtrack.cli.console import bars, console, print_json
    from regtrack.genome.assembly import read_sizes
    from regtrack.genome.reference import Reference
    from regtrack.inspection import stored_kind
    from regtrack.tracks.bigwig.second_reader import SecondReader
    from regtrack.tracks.bigwig.source import check_file
    from regtrack.tracks.bigwig.validate import validate

    if reference is not None and sizes is not None:
        raise RegtrackError("give --reference or --sizes, not both")
    assembly = Reference(reference).assembly if reference else None
    assembly = read_sizes(sizes) if sizes else assembly
    kinds = {path: stored_kind(path) for path in paths}
    for path, kind in kinds.items():
        if kind is None:
            check_file(path)
    reports: list[Report | StoredReport] = []
    with SecondReader() as reader, bars() as progress:
        for path, kind in kinds.items():
            if kind is None:
                reports.append(validate(path, assembly, second_reader=reader, progress=progress))
                continue
            from regtrack.validation import validate_stored  # loads torch

            reports.append(
                validate_stored(path, kind, assembly, second_reader=reader, progress=progress)
            )
    if as_json:
        print_json(
            [
                {"kind": "bigWig"} | asdict(r) | {"path": str(r.path), "valid": r.valid}
                for r in reports
            ]
        )
    else:
        for report in reports:
            for line in report.text().split("\n"):
                console.print(shown(line, _LONGEST))
    raise typer.Exit(0 if all(report.valid for report in reports) else 1)
