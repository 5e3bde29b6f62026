"""The numbers behind a figure, as delimited text."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path

import numpy as np

from regtrack.atomic import publish_file
from regtrack.errors import OutputError
from regtrack.genome.intervals import Mask
from regtrack.genome.sequence import LETTERS, decode
from regtrack.saliency.values import Curve, Saliency

DELIMITERS = {".tsv": "\t", ".csv": ","}
Cells = Iterable[Sequence[str]]


def saliency_table(
    saliencies: Sequence[Saliency], marks: Mapping[str, Mask] | None = None
) -> Iterator[Sequence[str]]:
    """One row per base, as in a BED: chrom, start, end, base, then the columns of the models.

    Each model has its value (for `ism` the effects of A, C, G and T), and 1 where it was an output.
    Each mark, bool (L,), has 1 where it is.
    """
    first = saliencies[0]
    names = ["chrom", "start", "end", "base"]
    columns: list[Sequence[str]] = []
    for saliency in saliencies:
        if not saliency.method.per_letter:
            names.append(saliency.model)
        else:
            names += [f"{saliency.model}_{letter}" for letter in LETTERS[:4]]
        names.append(f"{saliency.model}_output")
        columns += [_text(column) for column in saliency.values.reshape(len(saliency), -1).T]
        columns.append(_text(saliency.outputs.astype(np.uint8)))
    for name, mask in (marks or {}).items():
        names.append(name)
        columns.append(_text(mask.astype(np.uint8)))
    yield names
    bases = decode(first.codes)
    for offset, cells in enumerate(zip(*columns, strict=True)):
        position = first.start + offset
        yield first.chrom, str(position), str(position + 1), bases[offset], *cells


def curve_table(curves: Sequence[Curve]) -> Iterator[Sequence[str]]:
    """One row per model and distance from the output (bp): the fraction of the gradient there.

    Further columns give the number of outputs in the mean, and of those without gradient.
    """
    yield "model", "marker", "distance", "mass", "outputs", "without_gradient"
    for curve in curves:
        counts = str(curve.positives), str(curve.silent)
        for distance, mass in zip(curve.distance, curve.mass, strict=True):
            yield curve.model, curve.marker.name, str(distance), str(mass), *counts


def save_table(cells: Cells, path: Path, *, overwrite: bool = False) -> None:
    """Write rows separated by tabs or, for `.csv`, by commas; a cell with one is quoted.

    Raises:
        OutputError: another suffix, or `path` exists or cannot be written.
    """
    delimiter = DELIMITERS.get(path.suffix.lower())
    if delimiter is None:
        raise OutputError(
            f'cannot write the table {path}: "{path.suffix}" is not a table format; expected .tsv '
            "or .csv"
        )
    with (
        publish_file(path, overwrite=overwrite) as temporary,
        temporary.open("w", encoding="utf-8", newline="") as file,
    ):
        csv.writer(file, delimiter=delimiter, lineterminator="\n").writerows(cells)


def _text(values: np.ndarray) -> list[str]:
    """Each number in the fewest digits that reproduce it."""
    return [str(value) for value in values]
