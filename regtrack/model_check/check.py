"""Check a network: call it, measure what its description claims, and say what is wrong."""

from __future__ import annotations

from pathlib import Path

from regtrack.errors import PlanError, check_seed, invalid
from regtrack.genome.reference import Reference
from regtrack.genome.source import Source
from regtrack.model_check.behaviour import (
    check_gradients,
    check_repeats,
    check_strands,
    check_unknown,
    check_values,
)
from regtrack.model_check.caller import Caller
from regtrack.model_check.cost import measure_costs
from regtrack.model_check.grid import check_grid
from regtrack.model_check.paste import with_fixes
from regtrack.model_check.probe import Probe
from regtrack.model_check.reach import check_place, check_reach, measure_reach, notes_on
from regtrack.model_check.seams import measure_seams
from regtrack.model_check.shape import check_lengths, check_shape
from regtrack.model_check.values import ModelCheck
from regtrack.predict.described import described
from regtrack.predict.device import pick_device
from regtrack.predict.lending import borrowed
from regtrack.predict.opening import Given, open_untried
from regtrack.predict.precision import check_precision
from regtrack.predict.reading import WINDOW
from regtrack.progress import SILENT, Progress

_PARTS = 7


def check_model(
    network: Given,
    reference: Source | str | Path | None = None,
    *,
    window: int = WINDOW,
    precision: str = "fp32",
    device: str = "auto",
    seed: int = 0,
    progress: Progress = SILENT,
) -> ModelCheck:
    """Check a network's description by calling it: shapes, grid, reach, N, strands, seams, time.

        found = regtrack.check_model(network, "hg38.fa")
        found.wrong  # one line per wrong claim

    Args:
        network: a checkpoint, its file or its run's folder, or a network of your own
            (docs/networks.md); left unchanged.
        reference: a FASTA, or an open `Reference` or `Dataset`: every other sequence is from it,
            the others are random.
        window: bp of a sweep's windows, whose seams are measured if the network takes any length
            and its outputs depend on all of a call.
        precision: `fp32` or `bf16`.
        device: `auto`, `cpu`, `cuda`, ...
        seed: of the sequences.
        progress: shows the parts done.

    Returns:
        What was measured; `wrong` holds one line per wrong claim.

    Raises:
        CheckpointError, FastaError: invalid input.
        NetworkError: the network has no description, or raises for a call that it is described to
            take.
        PlanError: a window below 1 bp, or a negative seed.
        DeviceError: no such device or precision.
        OutOfMemoryError: too little memory for a call.
    """
    check_precision(precision)
    if window < 1:
        raise PlanError(invalid("window", window, "at least 1", "bp"))
    check_seed(seed, PlanError)
    if isinstance(reference, str | Path):
        with Reference(reference) as opened:
            return check_model(
                network, opened,
                window=window, precision=precision, device=device, seed=seed, progress=progress,
            )  # fmt: skip
    place = pick_device(device)
    asked = described(open_untried(network))
    with borrowed(asked, place):
        return _checked(
            Probe.of(Caller(asked, place, precision), reference, seed), window, progress
        )


def _checked(probe: Probe, window: int, progress: Progress) -> ModelCheck:
    said = probe.said
    with progress.task("Checking", _PARTS, "parts") as task:
        claims = list(check_shape(probe))
        task.advance(note="shape")
        if any(claim.wrong for claim in claims):
            mended = with_fixes(said, claims)
            if mended == said:  # nothing else can be told from other shapes
                return ModelCheck(said.name, tuple(claims), None, (), said)
            probe = probe.described(mended)
        claims += [check_lengths(probe), *check_repeats(probe), check_values(probe)]
        task.advance(note="repeats")
        reach = measure_reach(probe)
        task.advance(note="reach")
        claims += [check_reach(probe, reach), check_place(probe, reach), check_grid(probe, reach)]
        task.advance(note="grid")
        claims += [check_unknown(probe), check_strands(probe), check_gradients(probe)]
        task.advance(note="N, strands, gradients")
        seams = measure_seams(probe, window)
        task.advance(note="seams")
        costs = measure_costs(probe)
        task.advance(note="time")
    return ModelCheck(
        said.name, tuple(claims), seams, costs, with_fixes(said, claims), notes_on(probe, reach)
    )
