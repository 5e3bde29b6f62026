"""Effects of substitutions in a region as bigWigs, one per letter, which browsers stack."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from regtrack.atomic import publish_folder
from regtrack.errors import SaliencyError
from regtrack.genome.assembly import Assembly
from regtrack.genome.sequence import N
from regtrack.saliency.method import Method
from regtrack.saliency.values import Saliency
from regtrack.tracks.bigwig.assemble import create_bigwig

LETTERS = "ACGT"
MARK = "saliency.json"
_UNSAFE = re.compile(r"[^A-Za-z0-9._-]+")


def check_letters(method: Method) -> None:
    """Refuse a method without a value for each letter, before anything is computed.

    Raises:
        SaliencyError: it has one value per base.
    """
    if not method.per_letter:
        raise SaliencyError(
            f"`tracks` are effects of letters, and {method} has one value per base; use the method "
            "ism, or regtrack saliency-tracks for gradient x input along a genome"
        )


def write_letter_tracks(
    saliencies: Sequence[Saliency], assembly: Assembly, folder: Path, *, overwrite: bool = False
) -> tuple[Path, ...]:
    """Write `MODEL.MARKER.A.bw` and those of C, G and T, for each model.

    The letter that is there has the value 0, and bases that are N have none.

    Args:
        saliencies: one per model, of one region and a per-letter method.
        assembly: of the reference.
        folder: created only on success.
        overwrite: replace the tracks of an earlier run.

    Returns:
        The files.

    Raises:
        SaliencyError: a method without values per letter.
        OutputError: the folder exists, or cannot be written.
    """
    files: list[str] = []
    with publish_folder(folder, mark=MARK, overwrite=overwrite) as made:
        for one in saliencies:
            check_letters(one.method)
            stem = _UNSAFE.sub("_", f"{one.model}.{one.marker.name}").strip("_")
            for number, letter in enumerate(LETTERS):
                name = f"{stem}.{letter}.bw"
                if name in files:
                    raise SaliencyError(f"two models would be written to {name}; give one of them")
                values = np.where(one.codes == N, np.nan, one.values[:, number])
                with create_bigwig(made / name, assembly) as file:
                    file.write(one.chrom, one.start, values.astype(np.float32))
                files.append(name)
        about = [one.to_dict() for one in saliencies]
        (made / MARK).write_text(json.dumps({"files": files, "saliency": about}, indent=1) + "\n")
    return tuple(folder / name for name in files)
