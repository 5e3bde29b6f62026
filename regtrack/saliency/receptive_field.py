"""The effective receptive field of a model: its gradient by distance from the output.

The paper shows it as a figure (Gupta and Rush 2017, figure 2); here it is a curve and three
numbers. The theoretical receptive field says which bases can change an output, this one which ones
do.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch

from regtrack.checkpoint import style_checkpoints
from regtrack.dataset.store import Dataset
from regtrack.errors import DatasetError, MarkerError, SaliencyError, check_seed, invalid
from regtrack.genome.intervals import Intervals
from regtrack.labels.marker import Marker
from regtrack.model_style import ModelStyle, styles_of
from regtrack.predict.device import pick_device
from regtrack.predict.network import Explainable, ReadRequirements
from regtrack.predict.opening import One, Single, check_place, open_one
from regtrack.predict.reading import ReadRule
from regtrack.progress import SILENT, Progress
from regtrack.saliency.explained import check_gradients
from regtrack.saliency.gradient import gradient_saliency
from regtrack.saliency.outputs import dataset_outputs, marker_row, row_of
from regtrack.saliency.region import find_marker
from regtrack.saliency.strips import at_once
from regtrack.saliency.values import Curve

Position = tuple[str, int]

_log = logging.getLogger(__name__)


def effective_receptive_field(
    checkpoint: Single,
    dataset: Dataset,
    marker: Marker,
    *,
    split: str = "valid",
    positives: int = 200,
    seed: int = 0,
    style: ModelStyle | None = None,
    device: torch.device | None = None,
    progress: Progress = SILENT,
) -> Curve:
    """The fraction of the gradient at each distance from an output: a mean over labelled outputs.

    Each output is back-propagated separately, from a read centred on it: as far as the model can
    see, or for a Bi-LSTM, which is unbounded, half a window of the dataset on each side. The norms
    of the gradient at its input are divided by their sum before averaging, so that every output
    has the same weight. If the model is constant around an output, there is no gradient; such
    outputs are counted separately, in `Curve.silent`.

    Args:
        checkpoint: a network, returned unchanged.
        dataset: source of sequence and labels.
        marker: its labelled bases are sampled as outputs.
        split: `train`, `valid` or `test`.
        positives: number of outputs to sample.
        seed: of the sample.
        style: title and look of the model in figures; default: those of its network.
        device: where to compute; default: the CPU.
        progress: shows the outputs that are done.

    Raises:
        MarkerError: the dataset or the checkpoint has no such marker.
        DatasetError: no such split, or no labelled base in it with enough sequence on both sides.
        SaliencyError: fewer than one output, a negative seed, or a network without gradients.
        OutOfMemoryError: too little memory.
    """
    _check_sample(positives, seed)
    row_of(checkpoint, marker)
    device = device or torch.device("cpu")
    check_gradients(checkpoint.model, device)
    room = _room(_rule(checkpoint.model, dataset.window))
    drawn = draw_positives(dataset, marker, split, number=positives, seed=seed, room=room)
    return _mean(
        checkpoint, dataset, marker, drawn,
        style=style or styles_of([checkpoint.run])[0], device=device, progress=progress,
    )  # fmt: skip


def _mean(
    checkpoint: Single,
    dataset: Dataset,
    marker: Marker,
    drawn: Sequence[Position],
    *,
    style: ModelStyle,
    device: torch.device,
    progress: Progress,
) -> Curve:
    """The curve of the sampled outputs."""
    model, row = checkpoint.model, row_of(checkpoint, marker)
    rule = _rule(model, dataset.window)
    room = _room(rule)
    total = np.zeros(2 * room + 1)
    batch = max(1, at_once(device) // _read(rule))
    counted = 0
    with progress.task(f"Receptive field of {style.title}", len(drawn), "outputs") as task:
        for first in range(0, len(drawn), batch):
            some = drawn[first : first + batch]
            for mass in _masses(model, dataset, some, row, rule=rule, device=device):
                total += mass
                counted += bool(mass.any())
            task.advance(len(some))
    if counted == 0:
        raise DatasetError(
            f"the logits of {marker.name} by {style.title} have no gradient at any of {len(drawn)} "
            "labelled bases; the model has not learnt this marker"
        )
    return Curve(
        style=style,
        marker=marker,
        distance=np.arange(-room, room + 1),
        mass=total / counted,
        positives=counted,
        receptive_field=model.receptive_field,
        silent=len(drawn) - counted,
    )


def compare_receptive_fields(
    checkpoints: Sequence[One],
    dataset: Path,
    *,
    marker: str | None = None,
    split: str = "valid",
    positives: int = 200,
    seed: int = 0,
    device: str = "auto",
    any_assembly: bool = False,
    progress: Progress = SILENT,
) -> list[Curve]:
    """The curves of several models for the same outputs; see `effective_receptive_field`.

    The outputs have as much sequence on both sides as the widest of the models needs.

    Args:
        checkpoints: the models' files, or networks of your own.
        dataset: source of sequence and labels.
        marker: a name, or a glob that matches one marker; default: the one with most labelled
            bases among those that the first model predicts.
        split: `train`, `valid` or `test`.
        positives: number of outputs to sample.
        seed: of the sample.
        device: `auto`, `cpu`, `cuda`, ...
        any_assembly: accept a dataset of an assembly other than the training's.
        progress: shows the outputs that are done.

    Raises:
        CheckpointError, AssemblyError, MarkerError, DatasetError: bad input.
        SaliencyError: fewer than one output, a negative seed, or a network without gradients.
        NetworkError: a network of the user's own that raises, or that is not as described.
        DeviceError: an unknown device.
        OutOfMemoryError: too little memory.
    """
    _check_sample(positives, seed)
    place = pick_device(device)
    models = style_checkpoints([open_one(one, device=place) for one in checkpoints])
    opened = Dataset.open(dataset)
    for checkpoint in models.values():
        check_place(checkpoint, opened.assembly, str(opened.path), any_assembly=any_assembly)
        check_gradients(checkpoint.model, place)
    first = next(iter(models.values()))
    chosen = find_marker(first.markers, marker) if marker else _commonest(first, opened, split)
    for checkpoint in models.values():
        row_of(checkpoint, chosen)
    room = max(_room(_rule(one.model, opened.window)) for one in models.values())
    drawn = draw_positives(opened, chosen, split, number=positives, seed=seed, room=room)
    return [
        _mean(checkpoint, opened, chosen, drawn, style=style, device=place, progress=progress)
        for style, checkpoint in models.items()
    ]


def _check_sample(positives: int, seed: int) -> None:
    if positives < 1:
        raise SaliencyError(invalid("positives", positives, "at least 1"))
    check_seed(seed, SaliencyError)


def _commonest(checkpoint: Single, dataset: Dataset, split: str) -> Marker:
    """The marker of both with the most labelled bases in a split."""
    counts = dict(zip((m.name for m in dataset.markers), dataset.positives(split), strict=True))
    common = [marker for marker in checkpoint.markers if marker.name in counts]
    if not common:
        raise MarkerError(
            f"{checkpoint.path or checkpoint.title} predicts none of the {len(counts)} markers of "
            f"{dataset.path}; expected a dataset with markers that it was trained on"
        )
    return max(common, key=lambda marker: int(counts[marker.name]))


def draw_positives(
    dataset: Dataset, marker: Marker, split: str, *, number: int, seed: int, room: int
) -> list[Position]:
    """Labelled bases of a split's windows, sampled, each with enough bases around it.

    Args:
        dataset: source of labels.
        marker: one of its markers.
        split: `train`, `valid` or `test`.
        number: maximum number.
        seed: of the sample.
        room: bp that the chromosome must have on both sides.

    Raises:
        MarkerError: the dataset has no such marker.
        DatasetError: no such split, or no such base.
    """
    row = marker_row(dataset.markers, marker.name, dataset.path)
    found = [_labelled(dataset, row, int(one), room) for one in dataset.window_ids(split)]
    chroms = [chrom for chrom, outputs in found for _ in outputs]
    starts = np.concatenate([np.empty(0, np.int64), *(outputs.starts for _, outputs in found)])
    ends = np.concatenate([np.empty(0, np.int64), *(outputs.ends for _, outputs in found)])
    below = np.concatenate([[0], np.cumsum(ends - starts)])  # labelled bases before each stretch
    total = int(below[-1])
    if total == 0:
        raise DatasetError(
            f"no base of the {split} split of {dataset.path} is labelled {marker.name} with "
            f"{room:,} bp on both sides; choose another `split` or `marker`"
        )
    if total < number:
        _log.warning(
            "%s split: only %s of %s requested outputs are labelled with %s bp on both "
            "sides", split, f"{total:,}", f"{number:,}", f"{room:,}",
        )  # fmt: skip
    generator = np.random.default_rng(seed)
    chosen = np.sort(generator.choice(total, min(number, total), replace=False))
    at = np.searchsorted(below, chosen, side="right") - 1
    return [
        (chroms[stretch], int(starts[stretch] + base - below[stretch]))
        for stretch, base in zip(at, chosen, strict=True)
    ]


def _labelled(dataset: Dataset, row: int, window: int, room: int) -> tuple[str, Intervals]:
    """A window's chromosome, and its labelled bases with enough sequence on both sides."""
    interval = dataset.interval(window)
    length = dataset.assembly.length(interval.chrom)
    return interval.chrom, dataset_outputs(dataset, row, interval).clip(room, length - room)


def _rule(model: ReadRequirements, window: int) -> ReadRule:
    """What is read around an output.

    For a Bi-LSTM, or another unbounded network, the question is how far it looks: it reads as far
    as a Bi-LSTM could see in training, half a window.
    """
    half = -(-window // 2 // model.stride) * model.stride
    return ReadRule.of(model, flank=half if model.flank is None else "auto")


def _room(rule: ReadRule) -> int:
    """What a chromosome must have on both sides of an output (bp)."""
    return rule.flank + rule.crop + rule.stride


def _read(rule: ReadRule) -> int:
    """What is read for one output (bp)."""
    return 2 * (rule.flank + rule.crop) + rule.stride


def _masses(
    model: Explainable,
    dataset: Dataset,
    outputs: Sequence[Position],
    row: int,
    *,
    rule: ReadRule,
    device: torch.device,
) -> Iterator[npt.NDArray[np.float64]]:
    """The fractions of each output by distance, (D,); zeros if it has no gradient."""
    length = _read(rule)
    codes = np.empty((len(outputs), length), dtype=np.uint8)
    chosen = np.zeros((len(outputs), length - 2 * rule.crop), dtype=np.bool_)
    for line, (chrom, position) in enumerate(outputs):
        # all outputs of one position of the network are read alike, so that reads have the same
        # length
        first = position // rule.stride * rule.stride
        strip = rule.strip(chrom, first, first + rule.stride, length=dataset.assembly.length(chrom))
        codes[line] = dataset.codes(chrom, strip.read_start, strip.read_end)
        chosen[line, position - strip.read_start - rule.crop] = True
    norms = gradient_saliency(model, codes, chosen, row, device=device).astype(np.float64)
    for norm, one in zip(norms, chosen, strict=True):
        found = np.zeros(2 * _room(rule) + 1)
        first = _room(rule) - rule.crop - int(np.flatnonzero(one)[0])
        found[first : first + length] = norm
        yield found / max(found.sum(), np.finfo(np.float64).tiny)
