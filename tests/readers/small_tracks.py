"""Small bigWigs and sweeps with known values, for tests of tracks and of the app."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import numpy.typing as npt

from regtrack.genome.assembly import Assembly
from regtrack.tracks.bigwig.assemble import create_bigwig

Tracks = Mapping[str, Mapping[str, npt.NDArray[np.float32]]]


def write_bigwig(path: Path, values: Mapping[str, npt.NDArray[np.float32]]) -> Path:
    """Write a bigWig of complete chromosomes."""
    assembly = Assembly(tuple(values), tuple(map(len, values.values())))
    with create_bigwig(path, assembly) as file:
        for chrom in file.chroms:
            file.write(chrom, 0, values[chrom])
    return path


def write_sweep(folder: Path, model: str, tracks: Tracks, kind: str = "scores") -> Path:
    """Write a sweep's folder: one bigWig per marker, and the fields of sweep.json that are read."""
    folder.mkdir(parents=True)
    entries = []
    for marker, values in tracks.items():
        file = f"{model}.{marker}.bw"
        write_bigwig(folder / file, values)
        entries.append({"file": file, "marker": marker, "category": "TF"})
    record = {"checkpoint": {"model": model}, "reference": {}, "values": kind, "tracks": entries}
    (folder / "sweep.json").write_text(json.dumps(record))
    return folder
