"""The sequence of an assembly, from a dataset or a FASTA."""

from __future__ import annotations

import threading
from pathlib import Path

from regtrack.dataset.store import Dataset
from regtrack.genome.reference import Reference
from regtrack.genome.sequence import Codes


class Letters:
    """The sequence of an assembly, from a dataset or else a FASTA; safe to use from threads.

    Args:
        dataset: used if it has the chromosome.
        reference: a FASTA, opened when it is first needed.
    """

    def __init__(self, dataset: Dataset | None, reference: Path | None) -> None:
        self._dataset = dataset
        self._path = reference
        self._reference: Reference | None = None
        self._lock = threading.Lock()

    def codes(self, chrom: str, start: int, end: int) -> Codes | None:
        """The bases of [start, end) (bp) as codes, uint8 (end - start,); None if unknown.

        Raises:
            RegionError: the interval is not within the chromosome.
            FastaError: the FASTA cannot be read.
        """
        if self._dataset is not None:
            name = self._dataset.assembly.resolve(chrom)
            if name is not None:
                return self._dataset.codes(name, start, end)
        if self._path is None:
            return None
        with self._lock:  # threads cannot read a FASTA at the same time
            if self._reference is None:
                self._reference = Reference(self._path)
            name = self._reference.assembly.resolve(chrom)
            return None if name is None else self._reference.codes(name, start, end)
