"""`regtrack build-dataset`: a FASTA and peak files in, a labelled assembly out."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from regtrack.cli.console import bars, console, given_lists, print_json, print_table, size_text
from regtrack.cli.next_step import evaluation_of
from regtrack.errors import DatasetError, invalid
from regtrack.genome.interval import span_text

if TYPE_CHECKING:
    from regtrack.dataset.summary import BuildSummary

EPILOG = """
Examples:

  regtrack build-dataset --reference hg19.fa --markers markers.tsv --out data

  regtrack build-dataset --reference hg38.fa --markers markers.tsv --out data
  --exclude blacklist.bed --split chrom --valid-chroms 7 --test-chroms 8,9

  regtrack build-dataset --reference chr1.fa --markers markers.tsv --out data
  --split block --block 500000

  regtrack build-dataset --task short --reference hg19.fa --markers markers.tsv --out short
  --chroms "$(echo chr{1..22} | tr ' ' ,)"

  regtrack build-dataset --mat deepsea_train --markers manifest.tsv --out deepsea
"""

_TASKS = ("dense", "short")
_BENCHMARK = "benchmark"
_OPTIONAL = ("dropped: no peak", "dropped: bases in common")  # shown where they occur
_SHOWN = 20  # markers listed individually; more are summarised (--json lists all)


def command(
    *,
    markers: Annotated[
        Path, typer.Option(help="Markers table (TSV): file or url, category, biosample, target.")
    ],
    out: Annotated[Path, typer.Option(help="Folder to write, created only on success.")],
    reference: Annotated[
        Path | None, typer.Option(help="The FASTA, plain or bgzip; needed unless --mat is given.")
    ] = None,
    mat: Annotated[
        Path | None,
        typer.Option(
            help="Folder of DeepSEA's train.mat, valid.mat and test.mat, or some of them, with "
            "windows and labels; --markers then only names these."
        ),
    ] = None,
    peaks_folder: Annotated[
        Path | None, typer.Option(help="Folder of the peak files; default: next to the table.")
    ] = None,
    exclude: Annotated[
        Path | None, typer.Option(help="BED of bases that count as N when windows are dropped.")
    ] = None,
    multimap: Annotated[
        Path | None,
        typer.Option(help="Bases where reads map to several places: BED or mappability bigWig."),
    ] = None,
    multimap_threshold: Annotated[
        float | None,
        typer.Option(help="Bases of that bigWig with a lower value are multi-mapped; default: 1."),
    ] = None,
    task: Annotated[
        str,
        typer.Option(
            help="dense (a label per base) or short (one label, for the middle 200 bp of a window "
            "that overlaps a peak of a TF there)."
        ),
    ] = "dense",
    window: Annotated[
        int | None,
        typer.Option(help="Length of a window (bp); default: 25,000, with --task short 1,000."),
    ] = None,
    max_n: Annotated[
        float, typer.Option(help="Maximum fraction of a window that is N or excluded.")
    ] = 0.1,
    max_multimap: Annotated[
        float, typer.Option(help="Maximum fraction of a window that is multi-mapped.")
    ] = 0.1,
    split: Annotated[
        str | None,
        typer.Option(
            help="random (windows), chrom (whole chromosomes), block (stretches) or benchmark "
            "(chr8 and chr9 test, part of hg19's chr7 valid); default: random, with --task short "
            "benchmark."
        ),
    ] = None,
    fractions: Annotated[
        str, typer.Option(help="Fractions in train, valid and test; for random and block.")
    ] = "0.8,0.1,0.1",
    block: Annotated[int, typer.Option(help="Length of a stretch (bp); for block.")] = 1_000_000,
    valid_chroms: Annotated[
        list[str] | None, typer.Option(help="Chromosomes or regions of the valid split; for chrom.")
    ] = None,
    test_chroms: Annotated[
        list[str] | None, typer.Option(help="Chromosomes or regions of the test split; for chrom.")
    ] = None,
    chroms: Annotated[
        list[str] | None, typer.Option(help="Use only these chromosomes; default: all.")
    ] = None,
    seed: Annotated[int, typer.Option(help="Seed of the split.")] = 0,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace --out.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print the summary as JSON.")] = False,
) -> None:
    """Build a dataset: windows of a FASTA, split, with labels from peak files.

    List values are separated by commas, or the option is repeated.
    """
    from regtrack.dataset.build import build_dataset
    from regtrack.dataset.spec import BENCHMARK_TEST, BENCHMARK_VALID, DatasetSpec, SplitSpec

    if mat is not None or reference is None:
        if mat is None or reference is not None:
            raise DatasetError("expected either --reference, or --mat with windows that are made")
        from regtrack.dataset.build_mat import build_from_mat

        with bars() as progress:
            found = build_from_mat(mat, markers, out, progress=progress, overwrite=overwrite)
        _show(found, out, as_json=as_json)
        return
    if task not in _TASKS:
        raise DatasetError(invalid("task", task, " or ".join(_TASKS)))
    short = task == "short"
    kind = split or (_BENCHMARK if short else "random")
    division = SplitSpec(
        kind="chrom" if kind == _BENCHMARK else kind,
        seed=seed,
        fractions=_fractions(fractions),
        valid_chroms=_held_out(kind, "--valid-chroms", valid_chroms, BENCHMARK_VALID),
        test_chroms=_held_out(kind, "--test-chroms", test_chroms, BENCHMARK_TEST),
        block=block,
    )
    plain = DatasetSpec.short(window or 1_000) if short else DatasetSpec(window or 25_000)
    spec = replace(
        plain, max_n=max_n, max_multimap=max_multimap, split=division,
        chroms=given_lists("--chroms", chroms),
    )  # fmt: skip
    with bars() as progress:
        summary = build_dataset(
            reference,
            markers,
            out,
            spec=spec,
            exclude=exclude,
            multimap=multimap,
            multimap_threshold=multimap_threshold,
            peaks_folder=peaks_folder,
            progress=progress,
            overwrite=overwrite,
        )
    _show(summary, out, as_json=as_json)


def _show(summary: BuildSummary, out: Path, *, as_json: bool) -> None:
    if as_json:
        print_json({"path": str(out), **summary.to_dict()})
    else:
        _print(summary, out)


def _held_out(
    kind: str, option: str, given: list[str] | None, benchmark: tuple[str, ...]
) -> tuple[str, ...]:
    """What an option holds out, or what the benchmark does."""
    if kind != _BENCHMARK:
        return given_lists(option, given)
    if given is not None:
        raise DatasetError(
            f"{option} is given, but the {_BENCHMARK} split holds out {', '.join(benchmark)}: "
            "leave it out, or choose --split chrom"
        )
    return benchmark


def _fractions(text: str) -> tuple[float, float, float]:
    try:
        train, valid, test = map(float, text.split(","))
    except ValueError:
        expected = "train,valid,test like 0.8,0.1,0.1"
        raise DatasetError(invalid("fractions", text, expected)) from None
    return train, valid, test


def _print(summary: BuildSummary, out: Path) -> None:
    _print_windows(summary)
    _print_categories(summary)
    if len(summary.markers) <= _SHOWN:
        _print_markers(summary)
    console.print(
        f"{out}: windows {summary.kept:,} ({span_text(summary.bases)}), chromosomes "
        f"{summary.chroms:,}, markers {len(summary.markers):,}, {size_text(summary.bytes)}"
    )
    train = f"regtrack train {out} --out RUN"
    then = train if summary.trainable else evaluation_of(out, "RUN", summary.splits)
    console.print(f"Next: {then}")


def _print_windows(summary: BuildSummary) -> None:
    dropped = summary.dropped
    counts = [
        ("kept", summary.kept),
        *((f"  {split}", count) for split, count in summary.splits.items()),
        ("dropped: too many N", dropped.n),
        ("dropped: excluded", dropped.excluded),
        ("dropped: multi-mapped", dropped.multimap),
        ("dropped: too short, at a chromosome's end", dropped.short),
        ("dropped: no peak where one is needed", dropped.no_peak),
        ("dropped: bases in common with another split", dropped.other_split),
    ]
    counts = [row for row in counts if row[1] or not row[0].startswith(_OPTIONAL)]
    total = summary.kept + sum(dropped.to_dict().values())
    rows = [(what, f"{count:,}", f"{count / total:.1%}") for what, count in counts]
    print_table(f"Windows of {summary.window:,} bp", ("", "windows", "fraction"), rows)


def _print_categories(summary: BuildSummary) -> None:
    rows = [
        (category, found.markers, *map(_share, (found.mean, found.median, found.low, found.high)))
        for category, found in summary.categories().items()
    ]
    columns = ("category", "markers", "mean", "median", "lowest", "highest")
    what = "kept bases" if summary.labels == summary.window else "windows"
    print_table(f"Labelled fraction of the {what}, by marker", columns, rows)


def _print_markers(summary: BuildSummary) -> None:
    rows = [
        (marker.name, marker.category, _share(share))
        for marker, share in zip(summary.markers, summary.coverage, strict=True)
    ]
    print_table(None, ("marker", "category", "labelled"), rows)


def _share(value: float) -> str:
    return f"{value:.3%}"
