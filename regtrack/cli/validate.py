"""`regtrack validate`: checks bigWigs down to every value."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from regtrack.errors import RegtrackError

EPILOG = """Examples:

  regtrack validate runs/genome/*.bw --reference hg38.fa

  regtrack validate theirs.bw --sizes hg38.chrom.sizes --json"""


def command(
    files: Annotated[list[Path], typer.Argument(help="bigWigs, of any writer.", metavar="FILE...")],
    reference: Annotated[
        Path | None, typer.Option(help="FASTA that the chromosomes must belong to.")
    ] = None,
    sizes: Annotated[
        Path | None, typer.Option(help="Names and lengths instead: .chrom.sizes or .fai.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the result as JSON.")] = False,
) -> None:
    """Check that bigWigs are valid, down to every value and zoom record.

    pyBigWig reads each file too, and must find the same values. Exit status 1 if anything is wrong,
    with its position; 2 if a file does not exist.
    """
    from dataclasses import asdict

    from regtrack.cli.console import bars, console, print_json
    from regtrack.genome.assembly import read_sizes
    from regtrack.genome.reference import Reference
    from regtrack.tracks.bigwig.second_reader import SecondReader
    from regtrack.tracks.bigwig.source import check_file
    from regtrack.tracks.bigwig.validate import validate

    if reference is not None and sizes is not None:
        raise RegtrackError("give --reference or --sizes, not both")
    assembly = Reference(reference).assembly if reference else None
    assembly = read_sizes(sizes) if sizes else assembly
    for file in files:
        check_file(file)
    with SecondReader() as reader, bars() as progress:
        reports = [
            validate(file, assembly, second_reader=reader, progress=progress) for file in files
        ]
    if as_json:
        print_json([asdict(r) | {"path": str(r.path), "valid": r.valid} for r in reports])
    else:
        for report in reports:
            console.print(report.text())
    raise typer.Exit(0 if all(report.valid for report in reports) else 1)
