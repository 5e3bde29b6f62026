"""Shared by the tests of sweeps: sequences in memory, a toy network, small real ones."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import fields
from pathlib import Path
from typing import Any

import numpy as np
import torch
from hypothesis import strategies as st
from torch import Tensor, nn

from regtrack.checkpoint import Checkpoint
from regtrack.genome.assembly import Assembly
from regtrack.genome.intervals import Intervals
from regtrack.genome.sequence import Codes, decode
from regtrack.labels.marker import Marker
from regtrack.models.blocks import PassNorm
from regtrack.models.network import TrackModel
from regtrack.models.registry import build_model
from regtrack.sweep.compute import Scorer, predict, read
from regtrack.sweep.encoding import Encoding
from regtrack.sweep.plan import SweepPlan
from regtrack.sweep.request import Compute, Selection, Storage

CATEGORIES = ("TF", "histone", "DNase")

# scores of networks whose logits are at most about 1, as these; docs/sweep.md has the rule
ROUNDING = 3e-7

SMALL: dict[str, dict[str, Any]] = {
    "cnn1": {"channels": [6]},
    "cnn3": {"channels": [6, 8, 5]},
    "cnn7": {"channels": [6, 8, 5]},
    "id-cnn": {"channels": [5, 6, 8, 5]},
    "dilated": {"channels": [6, 8, 5]},
    "bi-lstm": {"channels": [6, 5], "lstm_hidden": 4},
    "hybrid": {"channels": [6, 8, 5], "dilations": [1, 2, 4]},
}

# networks of a window of 60 bp with a logit for the 20 bp in its middle
SHORT: dict[str, dict[str, Any]] = {
    "deepsea": {"channels": [6, 8, 5], "width": 4, "pool": 2},
    "danq": {"channels": [6], "width": 5, "pool": 3, "lstm_hidden": 4},
    "dilated6": {"channels": [6, 8, 5], "width": 4, "pool": 2, "dilations": [1, 3]},
}


class Sequences:
    """A reference in memory."""

    def __init__(self, codes: Mapping[str, Codes]) -> None:
        self._codes = codes
        self.assembly = Assembly(tuple(codes), tuple(map(len, codes.values())))

    def codes(self, chrom: str, start: int, end: int) -> Codes:
        assert 0 <= start < end <= len(self._codes[chrom])
        return self._codes[chrom][start:end]


class Sums(nn.Module):
    """A network of whole numbers: exact whatever it is given at once.

    Position p shows a weighted sum of the blocks `left` before to `right` after its own, where a
    block is `stride` bases and each base weighs by its place in the block. A read that starts
    off the stride, or ends too early, changes the sums.
    """

    name = "sums"

    def __init__(self, stride: int = 1, left: int = 0, right: int = 0) -> None:
        super().__init__()
        self.stride, self.left, self.right = stride, left, right
        self.config: dict[str, Any] = {}
        self.marker_count = 3
        self.seen: list[tuple[int, ...]] = []

    @property
    def flank(self) -> int:
        return (max(self.left, self.right) + (self.stride > 1)) * self.stride

    def logits(
        self,
        codes: Tensor,
        markers: Sequence[int] | None = None,
        lengths: Tensor | None = None,
    ) -> Tensor:
        self.seen.append(tuple(codes.shape))
        length = codes.shape[-1]
        x = codes.double() + 1
        if lengths is not None:
            x[torch.arange(length) >= lengths[:, None]] = 0
        x = nn.functional.pad(x, (0, -length % self.stride))
        places = torch.arange(1, self.stride + 1, dtype=torch.float64)
        blocks = (x.unflatten(-1, (-1, self.stride)) * places).sum(-1)
        blocks = nn.functional.pad(blocks, (self.left, self.right))
        kernel = torch.arange(1, self.left + self.right + 2, dtype=torch.float64) % 7 - 3.5
        sums = nn.functional.conv1d(blocks[:, None], kernel[None, None])
        at_bases = sums.repeat_interleave(self.stride, -1)[..., :length]
        rows = torch.arange(self.marker_count) if markers is None else torch.as_tensor(markers)
        return at_bases / (64 * self.stride**2) * (rows + 1)[:, None]


def random_codes(length: int, seed: int = 0, n_runs: Sequence[tuple[int, int]] = ()) -> Codes:
    """Bases of a seed, with N where it is said."""
    codes = np.random.default_rng(seed).integers(0, 4, length, dtype=np.uint8)
    for start, end in n_runs:
        codes[start:end] = 4
    return codes


def stitched(plan: SweepPlan, reference: Any, scorer: Scorer) -> dict[str, np.ndarray]:
    """The tracks (M, L) of a plan; NaN where no value was emitted, and no base emitted twice."""
    tracks = {
        chrom: np.full((len(scorer.rows), length), np.nan, np.float32)
        for chrom, length in zip(reference.assembly.names, reference.assembly.lengths, strict=True)
    }
    batches = itertools.chain.from_iterable(map(plan.batches, plan.chunks))
    readings = (read(plan, reference, batch) for batch in batches)
    finish = Encoding(keep_bits=23, resolution=1).finish
    for piece in (predict(one, scorer, finish) for one in readings):
        if piece.values is None:
            assert piece.bases == 0
            continue
        assert (~np.isnan(piece.values[0])).sum() == piece.bases
        edges = np.cumsum([strip.end - strip.start for strip in piece.strips])[:-1]
        for strip, values in zip(piece.strips, np.split(piece.values, edges, axis=1), strict=True):
            present = ~np.isnan(values[0])
            bases = strip.start + np.flatnonzero(present)
            track = tracks[strip.chrom]
            assert np.isnan(track[:, bases]).all()
            track[:, bases] = values[:, present]
    return tracks


def small_model(name: str, **settings: Any) -> TrackModel:
    """A small network in float64, in evaluation mode, whose scores vary along a sequence."""
    if name in SHORT:
        settings = SHORT[name] | {"window": 60, "label": 20} | settings
    return lively_model(name, **{"hidden": 7} | SMALL.get(name, {}) | settings)


def lively_model(name: str, **settings: Any) -> TrackModel:
    """The same of any size; by default of the family's own."""
    generator = torch.Generator().manual_seed(7)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(7)
        model = build_model(name, 3, **settings).double()
    for module in model.modules():
        if isinstance(module, PassNorm):
            shape = module.running_mean.shape
            module.running_mean.copy_(torch.randn(shape, generator=generator) / 4)
            nn.init.constant_(module.bias, 1.0)  # few units asleep
    return model.eval()


def as_checkpoint(model: TrackModel, assembly: Assembly) -> Checkpoint:
    """A checkpoint of a network with three markers, trained on an assembly."""
    markers = tuple(Marker(f"K562_{kind}", kind, "K562", kind) for kind in CATEGORIES)
    return Checkpoint(model, markers, assembly, 1000, {})


def write_fasta(path: Path, codes: Mapping[str, Codes]) -> Path:
    """A FASTA with lines of 60 bases."""
    with path.open("w") as file:
        for chrom, found in codes.items():
            text = decode(found)
            lines = [text[start : start + 60] for start in range(0, len(text), 60)]
            file.write("\n".join([f">{chrom}", *lines]) + "\n")
    return path


def intervals(*pairs: tuple[int, int]) -> Intervals:
    return Intervals(*np.array(pairs, np.int64).T)


def draw_intervals(draw: st.DrawFn, lengths: dict[str, int]) -> dict[str, Intervals]:
    """Merged intervals on some of the chromosomes."""
    found = {}
    for chrom, length in lengths.items():
        edges = sorted(draw(st.sets(st.integers(0, length), max_size=6)))
        pairs = list(zip(edges[::2], edges[1::2], strict=False))
        if pairs:
            found[chrom] = intervals(*pairs)
    return found


def grouped(**options: Any) -> dict[str, Any]:
    """Options by their own names as the groups of a request; what is in no group stays."""
    groups = {"selection": Selection, "compute": Compute, "storage": Storage}
    found: dict[str, Any] = {}
    for name, group in groups.items():
        names = [field.name for field in fields(group) if field.name in options]
        if names:
            found[name] = group(**{one: options.pop(one) for one in names})
    return found | options
