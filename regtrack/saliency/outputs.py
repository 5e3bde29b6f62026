"""Which outputs are explained: by score, by label, or by name.

All lie on one chromosome.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np
import torch

from regtrack.dataset.store import Dataset
from regtrack.errors import DatasetError, SaliencyError, invalid
from regtrack.genome.assembly import Assembly
from regtrack.genome.interval import Interval, parse_region
from regtrack.genome.intervals import Intervals
from regtrack.genome.sequence import N
from regtrack.genome.source import Source
from regtrack.labels.marker import Marker, find_row
from regtrack.labels.peaks import read_peaks
from regtrack.labels.report import report_peaks
from regtrack.predict.network import Network, traits_of
from regtrack.predict.opening import Single
from regtrack.predict.region import values_along

THRESHOLD = 0.5


def check_known(source: Source, interval: Interval) -> None:
    """Refuse an interval of N only, before anything is computed.

    Raises:
        SaliencyError: all its bases are N.
    """
    if (source.codes(interval.chrom, interval.start, interval.end) == N).all():
        raise SaliencyError(f"all bases of {interval} are N; choose another `region`")


def scoring_outputs(
    network: Single,
    source: Source,
    interval: Interval,
    marker: Marker,
    *,
    threshold: float | None = THRESHOLD,
    device: torch.device | None = None,
) -> tuple[Intervals, float]:
    """The positions of an interval whose score reaches a threshold, and the threshold.

    The default threshold is 0.5, or half of the highest score if none reaches 0.5. Of a network
    that gives a signal, values are compared, and the default is half of the highest.

    Raises:
        MarkerError: the network does not predict the marker.
        SaliencyError: there is none, or a threshold outside the range of scores.
    """
    signal = traits_of(network.model).values == "signal"
    if threshold is not None and not signal and not 0 <= threshold <= 1:
        raise SaliencyError(invalid("threshold", threshold, "a score from 0 to 1"))
    row = row_of(network, marker)
    found = values_along(network.model, source, interval, [row], device=device)[0]
    if threshold is None:
        highest = float(np.nanmax(found, initial=0))
        threshold = THRESHOLD if highest >= THRESHOLD and not signal else highest / 2
    if not (found >= threshold).any():
        best = f"{np.nanmax(found):.3g}" if np.isfinite(found).any() else "none, as all bases are N"
        raise SaliencyError(
            f"no position of {interval} has a {'value' if signal else 'score'} of {threshold:g} "
            f"for {marker.name} by {network.title}; the highest is {best}: choose another "
            "`region`, a lower `threshold`, `labels` or `at`"
        )
    return Intervals.from_mask(found >= threshold, interval.start), threshold


def scoring(threshold: float, network: Network) -> str:
    """The rule of `scoring_outputs` in words, such as `Scores ≥ 0.5`."""
    what = "Values" if traits_of(network).values == "signal" else "Scores"
    return f"{what} ≥ {threshold:.3g}"


def labelled_outputs(path: Path, assembly: Assembly, interval: Interval) -> Intervals:
    """The bases of an interval under a peak of a BED or peak file; possibly none.

    Raises:
        PeakFileError: a file that cannot be read, or for another assembly.
    """
    peaks = read_peaks(path, assembly)
    report_peaks(path, peaks)
    here = peaks.by_chrom.get(interval.chrom, Intervals.none())
    return here.clip(interval.start, interval.end)


def named_outputs(regions: Sequence[str], assembly: Assembly, chrom: str) -> Intervals:
    """Positions in the notation of browsers, `chr1:1,234,567` or `chr1:1,000-2,000`.

    Raises:
        RegionError: not a region of the assembly.
        SaliencyError: on a chromosome other than the one shown.
    """
    found = [parse_region(region, assembly) for region in regions]
    for one in found:
        if one.chrom != chrom:
            raise SaliencyError(
                f"`at` {one} is not on {chrom}, the chromosome shown; expected {chrom}:..."
            )
    return Intervals.merged([one.start for one in found], [one.end for one in found])


def random_windows(
    dataset: Dataset, marker: Marker, split: str, *, number: int, seed: int
) -> list[Interval]:
    """Windows of a split, sampled from those with a label of a marker.

    Raises:
        DatasetError: no such split, or too few such windows.
        MarkerError: the dataset has no such marker.
    """
    row = marker_row(dataset.markers, marker.name, dataset.path)
    ids = dataset.window_ids(split)
    if len(ids) < number:
        raise DatasetError(
            f"{number:,} windows were requested, and the {split} split of {dataset.path} has "
            f"{len(ids):,}; choose another `split`, or a smaller `windows`"
        )
    found: list[Interval] = []
    for window in np.random.default_rng(seed).permutation(ids):
        if len(found) == number:
            break
        interval = dataset.interval(int(window))
        if dataset_outputs(dataset, row, interval):
            found.append(interval)
    if len(found) < number:
        raise DatasetError(
            f"{len(found):,} windows of the {split} split of {dataset.path} have a label of "
            f"{marker.name}, but {number:,} were requested; choose another `split` or `marker`, "
            "or a smaller `windows`"
        )
    return found


def dataset_outputs(dataset: Dataset, row: int, interval: Interval) -> Intervals:
    """The labelled bases of one marker of a dataset in an interval; possibly none."""
    labels = dataset.labels(interval.chrom, interval.start, interval.end)
    mine = labels.marker == row
    return Intervals.merged(labels.start[mine], labels.end[mine]).shift(interval.start)


def row_of(network: Single, marker: Marker) -> int:
    """The row of the last layer that predicts a marker.

    Raises:
        MarkerError: there is none.
    """
    return marker_row(network.markers, marker.name, network.path)


def marker_row(markers: tuple[Marker, ...], name: str, path: Path | None = None) -> int:
    """The position of the marker with exactly this name; `path` is the file of the markers.

    Raises:
        MarkerError: there is none.
    """
    return find_row([marker.name for marker in markers], name, str(path or ""))


def check_reached(
    outputs: Intervals, models: Iterable[Network], source: Source, interval: Interval
) -> None:
    """Check that some output can have a gradient in an interval, by some model.

    Args:
        outputs: the selected ones, on the interval's chromosome.
        models: the models.
        source: the sequence.
        interval: the bases shown.

    Raises:
        SaliencyError: all outputs are too far away for every model, or N.
    """
    reaches = [model.reach for model in models]
    if all(reaches):
        left, right = (max(side) for side in zip(*filter(None, reaches), strict=True))
        # an output sees from `left` bp before it to `right` bp after it
        outputs = outputs.clip(interval.start - right, interval.end + left)
        if not outputs:
            raise SaliencyError(
                f"no selected output reaches {interval}: the models see at most {left:,} bp before "
                f"and {right:,} bp after an output; choose a `region` closer to `at`"
            )
    read = (source.codes(interval.chrom, *one) for one in outputs)
    if all((codes == N).all() for codes in read):
        raise SaliencyError(
            f"every selected output of {interval} is N, which no model explains; choose another "
            "`region` or `at`"
        )
