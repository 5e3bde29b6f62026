"""What the arrays of a dataset can hold at all, whatever their checksums say."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from regtrack.dataset.format import SPLITS, TILE
from regtrack.dataset.spec import DatasetSpec
from regtrack.genome.assembly import Assembly
from regtrack.genome.sequence import N

_Array = npt.NDArray[Any]


def possible_codes(codes: _Array) -> bool:
    """Whether codes, uint8 (n,), are of A, C, G, T and N alone."""
    return bool(codes.max() <= N)


def possible_rows(rows: _Array, markers: int) -> bool:
    """Whether label rows (R,), in bp, lie within a tile and have one of so many markers."""
    return bool(
        (rows["marker"] < markers).all()
        and (rows["start"] < rows["end"]).all()
        and (rows["end"] <= TILE).all()
    )


def possible_offsets(offsets: _Array, rows: int) -> bool:
    """Whether offsets of tiles, int64 (n,), ascend from 0 to the number of rows."""
    return bool(offsets[0] == 0 and (np.diff(offsets) >= 0).all() and offsets[-1] == rows)


def possible_windows(windows: _Array, assembly: Assembly, spec: DatasetSpec) -> bool:
    """Whether windows (W,), by their labelled bp, tile an assembly, in order and known splits."""
    if len(windows) == 0 or windows["chrom"].max() >= len(assembly.names):
        return False
    chrom, start = windows["chrom"].astype(np.int64), windows["start"].astype(np.int64)
    order = chrom * 2**32 + start
    return bool(
        (windows["split"] < len(SPLITS)).all()
        and ((start + spec.crop) % spec.labelled == 0).all()
        and (start + spec.window <= np.array(assembly.lengths)[chrom]).all()
        and (order[1:] > order[:-1]).all()
    )
