"""`regtrack saliency`: what models look at in a region, as a figure and as numbers."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from regtrack.cli.console import bars, console, counted_text, print_json, print_table
from regtrack.cli.given import compared_networks
from regtrack.cli.offers import AnyAssembly, Device, offer
from regtrack.cli.sweep_options import AndNetwork, Compared, NetworkSet
from regtrack.cli.width import Width
from regtrack.errors import RegtrackError
from regtrack.saliency.method import GRADIENT_NORM, METHODS

if TYPE_CHECKING:
    from regtrack.saliency.compare import Panels, SaliencyRequest

EPILOG = """
Examples:

  regtrack saliency cnn7/checkpoint.safetensors dilated/checkpoint.safetensors
  --dataset data --marker GM12878_CTCF --out figure.pdf --out figure.png

  regtrack saliency run/checkpoint.safetensors --reference hg38.fa --marker '*CTCF'
  --region chr1:1,000,001-1,025,000 --labels ctcf.narrowPeak.gz --out figure.svg --data

  regtrack saliency run/checkpoint.safetensors --reference hg38.fa --marker '*CTCF'
  --region chr1:1,010,201-1,010,300 --at chr1:1,010,250 --method ism --out letters.pdf
  --tracks letters

  regtrack saliency --network my_networks:splicing --network-set weights=w.safetensors
  --reference hg38.fa --marker acceptor --at chr1:1,010,250 --method ism --out letters.png
"""

# options that have no effect in combination with others
_OF_SAMPLING = ("windows", "seed", "split")

_WHERE, _WHICH, _FILES = "Where", "Which outputs", "Files"


def _moved(ctx: typer.Context, param: typer.CallbackParam, value: object) -> None:
    """Say where tracks are written now: `--bigwig` and its options moved to another command.

    Raises:
        RegtrackError: the option was given.
    """
    if not value or ctx.resilient_parsing:
        return
    option, out = param.opts[0], value if isinstance(value, Path) else "FOLDER"
    raise RegtrackError(
        f"{option} has moved to another command; run: regtrack saliency-tracks CHECKPOINT "
        f"--reference FASTA --markers NAMES --out {out}"
    )


def command(
    ctx: typer.Context,
    checkpoints: Compared = None,
    *,
    network: AndNetwork = "",
    network_set: NetworkSet = None,
    marker: Annotated[str, typer.Option(help="Marker: a name, or a glob that matches one.")],
    method: Annotated[
        str,
        typer.Option(help=f"{', '.join(METHODS)}.", autocompletion=offer(*METHODS)),
    ] = GRADIENT_NORM.name,
    reference: Annotated[
        Path | None, typer.Option(help="The FASTA, plain or bgzip.", rich_help_panel=_WHERE)
    ] = None,
    region: Annotated[
        str,
        typer.Option(
            help="Region to show, such as chr1:1,000-26,000; default: what the models see around "
            "--at, or windows of --dataset.",
            rich_help_panel=_WHERE,
        ),
    ] = "",
    dataset: Annotated[
        Path | None,
        typer.Option(
            help="Source of labels, and of windows if no --region or --at.", rich_help_panel=_WHERE
        ),
    ] = None,
    split: Annotated[
        str, typer.Option(help="Sample windows of train, valid or test.", rich_help_panel=_WHERE)
    ] = "valid",
    windows: Annotated[
        int,
        typer.Option(
            "--random", help="Number of labelled windows to sample.", rich_help_panel=_WHERE
        ),
    ] = 1,
    seed: Annotated[int, typer.Option(help="Seed of the sample.", rich_help_panel=_WHERE)] = 0,
    labels: Annotated[
        Path | None,
        typer.Option(help="BED or peak file of the marker.", rich_help_panel=_WHICH),
    ] = None,
    at: Annotated[
        list[str] | None,
        typer.Option(
            help="Explain these positions or regions, such as chr1:1,234; repeatable.",
            rich_help_panel=_WHICH,
        ),
    ] = None,
    threshold: Annotated[
        float | None,
        typer.Option(
            help="Explain outputs with at least this score instead of labelled ones; default: 0.5 "
            "without labels.",
            rich_help_panel=_WHICH,
        ),
    ] = None,
    out: Annotated[
        list[Path] | None,
        typer.Option(
            help="Figure (.pdf, .svg, .png or .html); repeatable.", rich_help_panel=_FILES
        ),
    ] = None,
    data: Annotated[
        bool, typer.Option("--data", help="Also write its numbers as .tsv.", rich_help_panel=_FILES)
    ] = False,
    tracks: Annotated[
        Path | None,
        typer.Option(
            help="Folder for bigWigs of --method ism, one per letter: the effect of each "
            "substitution; regtrack hub stacks them as letters.",
            rich_help_panel=_FILES,
        ),
    ] = None,
    width: Annotated[
        Width, typer.Option(help="Width: one column of a journal, or two.", rich_help_panel=_FILES)
    ] = Width.DOUBLE,
    _bigwig: Annotated[
        Path | None, typer.Option("--bigwig", hidden=True, is_eager=True, callback=_moved)
    ] = None,
    _chroms: Annotated[
        list[str] | None, typer.Option("--chroms", hidden=True, callback=_moved)
    ] = None,
    _regions: Annotated[str | None, typer.Option("--regions", hidden=True, callback=_moved)] = None,
    _keep_bits: Annotated[
        int | None, typer.Option("--keep-bits", hidden=True, callback=_moved)
    ] = None,
    device: Device = "auto",
    any_assembly: AnyAssembly = False,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace existing files.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print the summary as JSON.")] = False,
) -> None:
    """Show what models look at when they predict a marker (Gupta and Rush 2017, figure 2).

    An error of 1 is propagated back from every explained output: labelled positions, those with a
    high score, or those named by --at. Its norm at each base is drawn in black, the outputs in
    blue, one panel per model on one scale. Short regions are drawn as letters.
    """
    _refuse_what_is_ignored(ctx)
    from regtrack.figures.output import reserve_outputs, write_saliency
    from regtrack.saliency.compare import SaliencyRequest, open_saliency

    count = 1 if region or at else windows
    wanted = SaliencyRequest(
        checkpoints=compared_networks(checkpoints, network, network_set),
        marker=marker, reference=reference, dataset=dataset, region=region,
        split=split, windows=windows, seed=seed, labels=labels,
        at=tuple(at or ()), threshold=threshold, method=method, device=device,
        any_assembly=any_assembly,
    )  # fmt: skip
    if tracks is not None:
        _check_tracks(wanted, tracks, overwrite=overwrite)
    named = (
        [numbered(path, number, count) for path in out or ()] for number in range(1, count + 1)
    )
    inputs = (*wanted.checkpoints, reference, dataset, labels)
    options = {"data": data, "overwrite": overwrite}
    files = [next(named)]
    with (
        reserve_outputs(files[0], inputs=inputs, **options),
        open_saliency(wanted) as comparison,
    ):
        files += named  # not before: there may be far fewer windows
        others = [path for one in files[1:] for path in one]
        with reserve_outputs(others, inputs=inputs, **options):
            with bars() as progress:
                found = comparison.panels(progress)
            written = _written_tracks(found, tracks, overwrite=overwrite)
            written += [
                str(path)
                for panels, paths in zip(found, files, strict=True)
                for path in write_saliency(
                    panels.saliencies, paths, marks=panels.marks, width=width.value, **options
                )
            ]
    _print(found, written, as_json=as_json)


def _check_tracks(wanted: SaliencyRequest, tracks: Path, *, overwrite: bool) -> None:
    """Refuse tracks that cannot be written, before anything is computed."""
    from regtrack.destination import check_folder_free
    from regtrack.saliency.letter_tracks import MARK, check_letters
    from regtrack.saliency.method import find_method

    check_letters(find_method(wanted.method))
    if not (wanted.region or wanted.at):
        raise RegtrackError("--tracks is of one region; name it with --region or --at")
    check_folder_free(
        tracks, mark=MARK, inputs=(wanted.reference, wanted.dataset, wanted.labels),
        overwrite=overwrite,
    )  # fmt: skip


def _written_tracks(found: Sequence[Panels], tracks: Path | None, *, overwrite: bool) -> list[str]:
    """Write the tracks of the only region, if they are wanted; their paths."""
    if tracks is None:
        return []
    from regtrack.saliency.letter_tracks import write_letter_tracks

    (panels,) = found
    files = write_letter_tracks(panels.saliencies, panels.assembly, tracks, overwrite=overwrite)
    return [str(path) for path in files]


def _refuse_what_is_ignored(ctx: typer.Context) -> None:
    """Refuse options that have no effect in combination with others.

    Raises:
        RegtrackError: such an option was given.
    """
    values = ctx.params
    sources = {name: ctx.get_parameter_source(name) for name in values}
    # typer has its own copy of click, whose enumeration cannot be imported
    given = [name for name, source in sources.items() if source and source.name == "COMMANDLINE"]
    if "region" in given and not values["region"].strip():
        raise RegtrackError("--region is empty; name a region, or omit the option")
    for place in ("region", "at"):
        if values[place]:
            _refuse(_OF_SAMPLING, given, f"--{place}")


def _refuse(names: Sequence[str], given: Sequence[str], other: str) -> None:
    if wrong := [f"`{name}`" for name in names if name in given]:
        options = " and ".join(wrong)
        raise RegtrackError(f"{options} cannot be combined with {other}; omit {options}")


def numbered(path: Path, number: int, count: int) -> Path:
    """The name of one of several similar files: `figure-2.pdf`; unchanged if there is only one.

    >>> str(numbered(Path("a/figure.pdf"), 2, 3)), str(numbered(Path("a/figure.pdf"), 1, 1))
    ('a/figure-2.pdf', 'a/figure.pdf')
    """
    return path if count == 1 else path.with_stem(f"{path.stem}-{number}")


def _print(found: list[Panels], files: list[str], *, as_json: bool) -> None:
    shown = [saliency.to_dict() for panels in found for saliency in panels.saliencies]
    if as_json:
        print_json({"panels": shown, "files": files})
        return
    columns = (
        "model", "region", "marker", "outputs", "rule", "lowest", "highest", "receptive field (bp)",
    )  # fmt: skip
    rows = [
        (
            one["model"], one["region"], one["marker"], f"{one['outputs']:,}", one["rule"],
            f"{one['lowest']:.4g}", f"{one['highest']:.4g}",
            counted_text(one["receptive_field"]),
        )
        for one in shown
    ]  # fmt: skip
    print_table(f"{found[0].saliencies[0].method.title}, by base", columns, rows)
    for one in shown:
        if one["lowest"] == one["highest"] == 0:
            console.print(
                f"{one['model']}, {one['region']}: no base has an effect; the model is constant "
                "around these outputs"
            )
        if complete := one["completeness"]:
            console.print(
                f"{one['model']}, {one['region']}: the values of all bases read add up to "
                f"{complete['sum']:.4g}, the logits change by {complete['change']:.4g}; "
                f"difference {complete['difference']:.2g}"
            )
    for file in files:
        console.print(file)
