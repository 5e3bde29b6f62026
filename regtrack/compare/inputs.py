"""The files that tracks are compared in, as a user names them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from regtrack.network_name import NetworkName


@dataclass(frozen=True)
class Inputs:
    """The files to open; see `regtrack.compare.open_sources.open_sources`.

    Attributes:
        paths: folders of tracks, bigWigs, folders with any of these at any depth, and BED,
            peak and VCF files.
        labels: a dataset, a markers table (.tsv), or one BED.
        genes: a GTF.
        reference: a FASTA; None: the one that a sweep names.
        names: of models, by their path among `paths`.
        checkpoints: of the models, or what makes networks of the user's own.
    """

    paths: tuple[str | Path, ...]
    labels: str | Path | None = None
    genes: str | Path | None = None
    reference: str | Path | None = None
    names: Mapping[str | Path, str] = field(default_factory=dict)
    checkpoints: tuple[str | Path | NetworkName, ...] = ()

    @property
    def files(self) -> tuple[str | Path, ...]:
        """All paths, which no output may replace."""
        others = (self.labels, self.genes, self.reference, *self.checkpoints)
        return (*self.paths, *(one for one in others if isinstance(one, str | Path)))
